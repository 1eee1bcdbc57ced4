"""What a page sends to set up WebRTC."""

from pydantic import BaseModel, ConfigDict, Field


class Offer(BaseModel):
    """What `SmallWebRTCTransport` in a page posts, first and when it renegotiates.

    Attributes:
        sdp: The session description.
        type: Always an offer.
        pc_id: The connection to renegotiate; None at first.
        restart_pc: Whether to make a new peer connection for the same call.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    sdp: str = Field(min_length=1)
    type: str = Field(pattern="^offer$")
    pc_id: str | None = None
    restart_pc: bool | None = None


class Candidate(BaseModel):
    """One ICE candidate; an empty string marks the end of them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    candidate: str
    sdp_mid: str | None = None
    sdp_mline_index: int | None = None


class Candidates(BaseModel):
    """What `SmallWebRTCTransport` in a page sends by PATCH, as it finds them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    pc_id: str | None
    candidates: tuple[Candidate, ...] = Field(max_length=100)


class OfferError(ValueError):
    """A page's session description or candidate cannot be used."""
