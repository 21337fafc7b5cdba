"""INT: no identification, no links."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from blindspot.law.rules import int as interconnection
from blindspot.law.signatures.separation import Separation

ROOT = Path(__file__).resolve().parents[4]
AGE, SECOND = timedelta(days=30), timedelta(seconds=1)
NOW = datetime(2026, 11, 27, 19, 0, tzinfo=UTC)
PARTS = (("PF", "ready"), ("IF", "flying"))
LISTED = {"analytics.detectors": ["nanodet"], "analytics.detector_legal_ref": "fictitious decree"}
NO_REF = {"analytics.detectors": ["nanodet"]}

CASES = [
    ("INT-01", "PL", "", {"doc": LISTED}),
    *[("INT-01", phase, "detector FaceNet recognises", {"doc": {"analytics.detectors": ["nanodet", "FaceNet"]}})
      for phase in ("PL", "PF", "IF", "RC")],
    ("INT-01", "PL", "detector skin_tone recognises", {"doc": {"analytics.detectors": ["skin_tone"]}}),
    ("INT-01", "PF", "", {"ready": {"names": ("nanodet", "person", "camera/pose")}}),
    ("INT-01", "PF", "plate_reader recognises", {"ready": {"names": ("nanodet", "plate_reader")}}),
    ("INT-01", "PF", "", {"why": "each ROS graph has messages of parameters",
                          "ready": {"names": ("rcl_interfaces/msg/Log", "rcl_interfaces/msg/ParameterEvent")}}),
    ("INT-01", "PF", "face_interfaces/msg/Found recognises", {"ready": {"names": ("face_interfaces/msg/Found",)}}),
    ("INT-01", "PF", "interface_of_faces recognises", {"ready": {"names": ("interface_of_faces",)}}),
    *[("INT-01", "PF", "recognises", {"ready": {"names": (name,)}})
      for name in ("facial_recognition", "person_re_id", "re identification", "fa\u200bce", "plâte", "immatriculation",
                   "sk\u00adin_tone")],
    *[("INT-01", "PF", "or hides its meaning", {"ready": {"names": (name,)}})
      for name in ("f\u0430ce", "\u03b9ris", "pl\u0430te", "r\u0435id", "\U0001f175ace", "fac\ua4f0", "лицо", "人脸",
                   "n\u0430nodet", "\u0131ris", "\xf8snet")],
    ("INT-01", "PF", "", {"why": "names in other letters of Europe",
                          "ready": {"names": ("véhicule", "cœur", "straße", "bjørn", "łódź")}}),
    ("INT-01", "PF", "", {"why": "other words with the same letters",
                          "ready": {"names": ("picture_id", "core_identity")}}),
    ("INT-01", "PF", "unknown which models", {"ready": {"names": None}}),
    ("INT-01", "PF", "unknown which models", {"ready": None}),
    ("INT-01", "RC", "", {"ready": None}),
    ("INT-01", "RC", "reid recognises", {"recorded": {"names": ("reid",)}}),
    ("INT-01", "RC", "unknown which models", {"recorded": None}),
    ("INT-01", "RC", "unknown which models", {"recorded": {"names": None}}),
    ("INT-01", "PL", "", {"why": "names are read in pre-flight", "ready": None}),
    ("INT-01", "IF", "", {"why": "names were read in pre-flight", "ready": None}),
    ("INT-02", "PF", "", {}),
    ("INT-02", "PF", "", {"why": "a listed hash",
                          "ready": {"models": (("nanodet", "a" * 64),), "allowed_models": ("b" * 64, "a" * 64)}}),
    ("INT-02", "PF", "model nanodet has an unknown hash, cccccccccccc",
     {"ready": {"models": (("masker", "a" * 64), ("nanodet", "c" * 64)), "allowed_models": ("a" * 64,)}}),
    ("INT-02", "PF", "unknown which models", {"ready": {"models": None}}),
    ("INT-02", "PF", "unknown which models", {"ready": None}),
    ("INT-03", "PL", "", {"ready": None, "flying": None}),
    ("INT-03", "PF", "", {"flying": None}),
    ("INT-03", "IF", "", {"ready": None}),
    ("INT-03", "PL", "lists an interconnection", {"analytics": {"interconnections": ("fpr",)}}),
    ("INT-03", "PF", "fpr is connected", {"ready": {"links_out": ("fpr",)}}),
    ("INT-03", "IF", "fpr is connected", {"flying": {"links_out": ("fpr",)}}),
    ("INT-03", "PF", "unknown whether another system", {"ready": {"links_out": None}}),
    ("INT-03", "PF", "unknown whether another system", {"ready": None}),
    ("INT-03", "IF", "unknown whether another system", {"flying": None}),
    ("INT-03", "IF", "unknown whether another system", {"flying": {"links_out": None}}),
    *[("INT-03", phase, "for no person states", {part: {"separated_at": None}}) for phase, part in PARTS],
    *[("INT-03", phase, "", {"why": "stated just inside 30 days", part: {"separated_at": NOW - AGE + SECOND}})
      for phase, part in PARTS],
    *[("INT-03", phase, "statement of separation is of 2026-10-28", {part: {"separated_at": NOW - AGE}})
      for phase, part in PARTS],
    ("INT-03", "PF", "statement of separation is of 2026-11-27", {"ready": {"separated_at": NOW + SECOND}}),
    ("INT-03", "PF", "fpr is connected", {"why": "a statement excuses no connection", "ready": {"links_out": ("fpr",)},
                                          "auth": {"separation": Separation(NOW, "officer-2")}}),
    ("INT-03", "PF", "unknown whether another system",
     {"why": "a statement replaces no measurement", "ready": {"links_out": None},
      "auth": {"separation": Separation(NOW, "officer-2")}}),
    ("INT-03", "PF", "", {"why": "with a signed statement", "ready": {"separated_at": None},
                          "auth": {"separation": Separation(NOW, "officer-2")}}),
    ("INT-03", "PF", "no trusted key", {"auth": {"separation": Separation(problem="no trusted key has signed it")}}),
    ("INT-03", "PF", "for no person states", {"auth": {"separation": Separation()}}),
    ("INT-04", "PL", "", {"why": "masking only"}),
    ("INT-04", "PF", "", {"why": "with a reference", "doc": LISTED}),
    ("INT-04", "PL", "no legal reference", {"analytics": {"events": ("zone_entered",)}}),
    ("INT-04", "PL", "no legal reference", {"doc": NO_REF}),
    *[("INT-04", "PL", "no legal reference", {"doc": LISTED | {"analytics.detector_legal_ref": text}})
      for text in (" ", "\u200b")],
    ("INT-04", "PL", "", {"why": "a list alone", "doc": NO_REF, "limits": {"detectors": "listed"}}),
    ("INT-04", "PL", "profile FR-CSI-L242-5 permits no reports", {"doc": LISTED, "limits": {"detectors": "none"}}),
    ("INT-04", "PF", "a test range permits no reports",
     {"doc": LISTED, "limits": {"detectors": "none"}, "profile": {"id": "TEST-RANGE"}}),
    ("INT-04", "PL", "", {"why": "masking only, on a test range", "limits": {"detectors": "none"}}),
]  # fmt: skip


def test_rule(check, case):
    check(case)


@pytest.mark.parametrize(
    "name",
    ["ethnicity", "race_of_person", "skin_tone", "religion", "gender_net", "political", "union_member", "disease_class",
     "sexuality", "disability", "FaceNet", "visage", "gesicht", "iris_scan", "fingerprint", "biometry", "emotion",
     "gait", "plate_reader", "plaque", "kennzeichen", "alpr", "anpr", "lpr_net", "reid", "re-id", "osnet_x1"],
)  # fmt: skip
def test_int_01_finds_each_word_of_recognition_and_each_sensitive_attribute(check, name):
    check(("INT-01", "PF", f"{name} recognises", {"ready": {"names": (name,)}}))


@pytest.mark.parametrize(
    "name",
    ["gezichtsherkenning", "gezicht_detector", "kenteken", "nummerplaat", "etniciteit", "huidskleur",
     "riconoscimento_facciale", "volto", "targa_reader", "impronta_digitale", "etnia", "opinione_politica",
     "reconocimiento_facial", "rostro", "lector_de_matriculas", "huella dactilar", "genero", "raza",
     "reconnaissance_faciale", "VisageNet", "plaques", "empreintes-digitales", "sexe", "opinions_politiques",
     "Gesichtserkennung", "KennzeichenErkennung", "Fingerabdr\u00fccke", "hautfarbe",
     "facenet", "FACEnet", "faceID", "arcface", "licenseplate", "LPRNet", "fastreid", "openalpr", "face2vec"],
)  # fmt: skip
def test_int_01_finds_the_words_of_each_language_alone_and_written_together(check, name):
    check(("INT-01", "PF", f"{name} recognises" if name.isascii() else "recognises", {"ready": {"names": (name,)}}))


@pytest.mark.parametrize(
    "name",
    ["surface", "/drone1/mavros/surface_height", "health", "/diagnostics/health", "SystemHealth", "template",
     "template_matching", "interface", "trace_id", "geometry_msgs/msg/Pose", "rcl_interfaces/srv/GetParameters",
     "contemplate", "fluorescence", "frame_id", "core_identity", "picture_id", "terrace", "brace",
     "mavros_msgs/msg/ESCTelemetry", "platform", "plateau", "genre", "politique_de_securite", "empreinte_sha256"],
)  # fmt: skip
def test_int_01_passes_words_that_only_hold_the_letters(check, name):
    check(("INT-01", "PF", "", {"ready": {"names": (name,)}}))


def test_int_01_passes_every_message_of_a_flight_s_graph(check):
    """The types of the stack, of MAVROS and of the ROS packages beside them."""
    names = (ROOT / "src" / "blindspot_msgs").rglob("*.*")
    check(("INT-01", "PF", "", {"ready": {"names": tuple(path.stem for path in names)}}))


@pytest.mark.parametrize(
    ("detector", "rule", "refusal"),
    [
        ("nanodet", "INT-04", ""),
        ("yolo", "INT-04", "is not on the list"),
        ("FaceNet", "INT-01", "recognises"),
        ("\uff46\uff41\uff43\uff45", "INT-01", "recognises"),
    ],
)
def test_a_detector_that_recognises_is_refused_also_if_it_is_listed(question, detector, rule, refusal):
    file = question(doc={"analytics.detectors": ["nanodet", "FaceNet"]}).file
    found, ruling = interconnection.detector_ruling(file, detector)
    assert (found, ruling.ok) == (rule, not refusal) and refusal in ruling.evidence


@pytest.mark.parametrize(("event", "refusal"), [("zone_entered", ""), ("crossing", "is not on the list")])
def test_an_event_is_on_the_list(question, event, refusal):
    file = question(analytics={"events": ("zone_entered",)}).file
    rule, ruling = interconnection.event_ruling(file, event)
    assert (rule, ruling.ok) == ("INT-04", not refusal) and refusal in ruling.evidence
