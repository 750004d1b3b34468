"""What a caller may ask for beyond contexts, and does not get."""

from __future__ import annotations

from node_support import Listening
from pynetdicom import AE
from pynetdicom.pdu_primitives import (
    AsynchronousOperationsWindowNegotiation,
    SOPClassExtendedNegotiation,
    UserIdentityNegotiation,
)

from alara.sop_classes import X_RAY_RADIATION_DOSE_SR


def test_what_is_not_offered_is_not_answered(listening: Listening) -> None:
    """The association is accepted; one operation at a time, no user identity and no extended negotiation with it."""
    window = AsynchronousOperationsWindowNegotiation()
    window.maximum_number_operations_invoked = window.maximum_number_operations_performed = 5
    identity = UserIdentityNegotiation()
    identity.user_identity_type, identity.primary_field, identity.positive_response_requested = 1, b"carm", True
    extended = SOPClassExtendedNegotiation()
    extended.sop_class_uid = X_RAY_RADIATION_DOSE_SR
    extended.service_class_application_information = b"\x02\x00\x03\x00\x01\x00"
    entity = AE("CARM1")
    entity.add_requested_context(X_RAY_RADIATION_DOSE_SR)
    association = entity.associate("127.0.0.1", listening.port, ext_neg=[window, identity, extended])
    try:
        assert association.is_established
        assert association.acceptor.asynchronous_operations == (1, 1)
        assert association.acceptor.user_identity is None
        assert association.acceptor.sop_class_extended == {}
    finally:
        association.release()
