"""Messages to an SQS queue, as many a call as it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leasehold.aws import THROTTLES, faults_in_our_words
from leasehold.errors import Unavailable
from leasehold.packing import Entry, packed


class Undeliverable(Exception):
    """The queue refuses a message for what it says; sending it again is of no use."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its JSON text, the whole seconds until it can be received (0 to 900), and texts to filter it by."""

    body: str
    delay_seconds: int = 0
    attributes: Mapping[str, str] = field(default_factory=dict)


class Queue:
    """One queue. `sqs` is a botocore client of SQS."""

    def __init__(self, sqs: Any, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def send(self, messages: Sequence[Message]) -> None:
        """Send all of them, in their order.

        Raises Throttled or Unavailable where one could not be sent for now, and Undeliverable where one never can:
        others may have been sent by then.
        """
        for call in packed(map(_entry, messages), _size):
            entries = [{"Id": str(nth), **entry} for nth, entry in enumerate(call)]
            with faults_in_our_words():
                answer = self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)
            _check(answer.get("Failed", []))


def _entry(message: Message) -> Entry:
    texts = {name: {"DataType": "String", "StringValue": value} for name, value in message.attributes.items()}
    return {"MessageBody": message.body, "DelaySeconds": message.delay_seconds, "MessageAttributes": texts}


def _size(entry: Entry) -> int:
    """As SQS counts: the body, and each attribute's name, type and value."""
    texts = entry["MessageAttributes"].items()
    attributes = sum(len(name) + len(text["DataType"]) + len(text["StringValue"].encode()) for name, text in texts)
    return len(entry["MessageBody"].encode()) + attributes


def _check(failed: Sequence[Mapping[str, Any]]) -> None:
    for each in failed:
        if each["SenderFault"] and each["Code"] not in THROTTLES:
            raise Undeliverable(f"{each['Code']}: {each.get('Message', '')}")
    if failed:
        raise Unavailable("the queue refused a part of the messages; the whole batch is sent again")
