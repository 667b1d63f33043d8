"""The provider's side of notices: its word that a short message arrived, which proves that a person was told.

It stands here, and not in `messages`, because it is put on record, and the audit log lies above the outbox.
"""

from typing import Any

from litestar import Request, post

from registry.audit import service as audit
from registry.messages import service as messages
from registry.messages import sms
from registry.messages.wire import Receipt, ReceiptTaken
from registry.platform import gates
from registry.platform.actor import PROVIDER
from registry.platform.http import decode, runtime_of
from registry.platform.runtime import transaction


@post(
    "/v1/messages/receipts",
    tags=["Operations"],
    status_code=200,
    opt={"takes": Receipt, "gate": gates.OTHERS},
)
async def take_receipt(request: Request[Any, Any, Any]) -> ReceiptTaken:
    """Take the receipt of a short message: the provider says whether it reached the phone.

    For the operator's provider of short messages, without a key: the request is signed as Standard Webhooks
    (`webhook-id`, `webhook-timestamp`, `webhook-signature`) with the secret that both have, at most five minutes ago. A
    receipt that says `delivered` proves that the person was told. Send it until you get a 2xx or a 404.
    """
    runtime = runtime_of(request)
    provider, body = sms.provider_of(runtime.settings), await request.body()
    if provider is None:
        raise sms.ReceiptNotSigned
    provider.verify(request.headers, body)
    receipt = decode(body, Receipt)
    async with transaction(runtime) as session:
        state, changed = await messages.take_receipt(session, receipt)
        if changed:
            audit.record(
                session,
                PROVIDER,
                "message.receipt",
                "message",
                receipt.id,
                details={"status": receipt.status},
            )
    return ReceiptTaken(id=receipt.id, state=state)


ROUTES = [take_receipt]
