"""Which messages share a call to SQS, and what becomes of those that it refuses."""

from typing import Any

import pytest

from leasehold.errors import Unavailable
from leasehold.queue import Message, Queue, Undeliverable


class _Sqs:
    """SQS that keeps what each call brought, and answers as it is told."""

    def __init__(self, *failed: dict[str, Any]) -> None:
        self.calls: list[list[dict[str, Any]]] = []
        self._failed = list(failed)

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert QueueUrl == "queue"
        assert len({entry["Id"] for entry in Entries}) == len(Entries)
        self.calls.append(Entries)
        return {"Failed": self._failed} if self._failed else {}

    @property
    def bodies(self) -> list[list[str]]:
        return [[entry["MessageBody"] for entry in call] for call in self.calls]


def _sent(messages: list[Message]) -> _Sqs:
    sqs = _Sqs()
    Queue(sqs, "queue").send(messages)
    return sqs


def test_ten_messages_a_call_in_their_order() -> None:
    texts = [f'"{nth}"' for nth in range(23)]
    assert _sent([Message(text) for text in texts]).bodies == [texts[:10], texts[10:20], texts[20:]]


def test_fewer_a_call_where_ten_would_be_more_than_a_call_may_carry() -> None:
    texts = [f"{nth}{'ä' * 50_000}" for nth in range(4)]
    assert _sent([Message(text) for text in texts]).bodies == [texts[:2], texts[2:]]


def test_attributes_count_as_well() -> None:
    messages = [Message("1", attributes={"type": "ä" * 64_000}) for _ in range(3)]
    assert _sent(messages).bodies == [["1", "1"], ["1"]]


def test_a_message_keeps_its_delay_and_its_attributes() -> None:
    [[entry]] = _sent([Message("{}", 7, {"type": "demo.echo"})]).calls
    assert entry["DelaySeconds"] == 7
    assert entry["MessageAttributes"] == {"type": {"DataType": "String", "StringValue": "demo.echo"}}


def test_nothing_is_no_call() -> None:
    assert _sent([]).calls == []


@pytest.mark.parametrize(
    ("code", "is_sender_at_fault", "fault"),
    [
        ("InternalError", False, Unavailable),
        ("RequestThrottled", True, Unavailable),
        ("InvalidMessageContents", True, Undeliverable),
    ],
)
def test_a_message_refused_within_a_call_is_a_fault(
    code: str, is_sender_at_fault: bool, fault: type[Exception]
) -> None:
    sqs = _Sqs({"Id": "0", "SenderFault": is_sender_at_fault, "Code": code})
    with pytest.raises(fault):
        Queue(sqs, "queue").send([Message("{}")])
