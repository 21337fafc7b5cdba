"""Section `console` of a fleet file: where the console sends alerts and the states of drones. Nothing comes in."""

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from blindspot.core import Section

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_CA = "Certificate of an own authority, relative to the fleet file; the system's if empty"
_SECRET = "relative to the fleet file; readable by its owner alone"


class MqttOutput(Section):
    """A broker that gets alerts and states of drones by MQTT 3.1.1."""

    host: str = Field(min_length=1, max_length=253, pattern=r"^[\w.:-]+$", description="Name or address of the broker")
    port: int = Field(8883, ge=1, le=65535, description="Port of the broker")
    tls: bool = Field(True, description="The connection is encrypted; false only for a broker on this computer")
    ca_file: str = Field(
        "", description="Certificate of an own authority, relative to the fleet file; the system's if empty"
    )
    user: str = Field("", max_length=100, description="Name at the broker; no login if empty")
    password_file: str = Field("", description=f"File with the password, {_SECRET}")
    topic: str = Field("blindspot", pattern=r"^[\w.-]+(/[\w.-]+)*$", max_length=100, description="Begin of all topics")

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if not self.tls and self.host not in LOOPBACK_HOSTS:
            raise ValueError(f"tls: false is for a broker on this computer, {self.host} is another")
        if bool(self.user) != bool(self.password_file):
            raise ValueError("user and password_file go together: give both, or none")
        return self


class WebhookOutput(Section):
    """A web address that gets alerts and changes of drones as signed JSON."""

    url: str = Field(max_length=500, description="Address, https://...; http:// only for this computer")
    secret_file: str = Field(description=f"File with the secret that signs each message, {_SECRET}")
    ca_file: str = Field(
        "", description="Certificate of an own authority, relative to the fleet file; the system's if empty"
    )

    @field_validator("url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise ValueError(f"is no address ({error})") from error
        if parts.scheme not in ("https", "http") or not host or not value.isascii() or " " in value:
            raise ValueError("is no address: write https://host/path")
        if parts.username or parts.password:
            raise ValueError("names a user: the secret goes into secret_file")
        if parts.scheme == "http" and host not in LOOPBACK_HOSTS:
            raise ValueError(f"sends to {host} in clear: write https://")
        return value


class MjpegOutput(Section):
    """Masked pictures for a video program of this computer. Refused during runs under an authority's law."""

    token_file: str = Field(description=f"File with the token that the program shows, {_SECRET}")


class ConsoleOutputs(Section):
    """Messages to other programs. Each address that leaves this computer belongs into the statement of separation."""

    mqtt: MqttOutput | None = Field(None, description="An MQTT broker; none if left out")
    webhook: WebhookOutput | None = Field(None, description="A web address; none if left out")
    masked_mjpeg: MjpegOutput | None = Field(None, description="Masked pictures as MJPEG; none if left out")


class ConsoleSection(Section):
    """The console of a stack."""

    outputs: ConsoleOutputs = Field(ConsoleOutputs(), description="Messages to other programs")
