"""How large and how long what stands in a request may be; times in seconds."""

from typing import Final

LONGEST_TYPE: Final = 64
MOST_TYPES: Final = 20
MOST_JOBS: Final = 10
LONGEST_LEASE: Final = 43_200
LONGEST_WAIT: Final = 20
# 100 years: "any date", and no overflow on the way.
LONGEST_DELAY: Final = 3_155_760_000
MOST_ATTEMPTS: Final = 100
LONGEST_CODE: Final = 100
NO_MESSAGE: Final = "the worker gave no message"  # instead of an empty one, such as str(Exception())
LARGEST_PAGE: Final = 100
USUAL_PAGE: Final = 25
LONGEST_CURSOR: Final = 512
LONGEST_FILE_NAME: Final = 512
CONTENT_TYPE: Final = r"^[A-Za-z0-9!#$&^_.+-]{1,64}/[A-Za-z0-9!#$&^_.+-]{1,64}$"
# Digits: DynamoDB refuses numbers nearer to zero than 1e-130.
PROGRESS_DIGITS: Final = 6
