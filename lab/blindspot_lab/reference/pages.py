"""All pages of the reference."""

from __future__ import annotations

from blindspot_lab.reference.commands import command_page, exit_page
from blindspot_lab.reference.files import KINDS, file_pages
from blindspot_lab.reference.flight_pages import commission_page, failsafe_page, phase_page, preflight_page
from blindspot_lab.reference.launch_pages import doctor_page, launch_page
from blindspot_lab.reference.law import profile_page, rule_page
from blindspot_lab.reference.markdown import page
from blindspot_lab.reference.nodes import node_page, topic_page


def pages() -> dict[str, str]:
    """By path below `docs/reference`: the text of each page."""
    made = {
        "commands.md": command_page(),
        "exit_codes.md": exit_page(),
        **file_pages(),
        "nodes.md": node_page(),
        "topics.md": topic_page(),
        "launch.md": launch_page(),
        "rules.md": rule_page(),
        "profiles.md": profile_page(),
        "failsafes.md": failsafe_page(),
        "phases.md": phase_page(),
        "preflight.md": preflight_page(),
        "commission.md": commission_page(),
        "doctor.md": doctor_page(),
    }
    listed = (f"- [{_title(text)}]({path})" for path, text in made.items() if not path.startswith("files/"))
    files = (f"- [{kind.title}](files/{name}.md)" for name, kind in KINDS.items())
    about = "These pages list every key, option, parameter, topic, rule and code. The code itself is their source."
    return {"README.md": page("Reference", about, "\n".join(listed), "## Files", "\n".join(files)), **made}


def _title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ")
