"""How the API's description (OpenAPI 3.1) and its page come to be, at development time: see `scripts/write_openapi.py`.

schemas    what requests and answers look like; those of requests come from the models that check them
examples   one small story, told in examples: a job, a worker, a picture, a token
refusals   every error code: its status, when it comes, an example
routes     every route: its parameters, body, answers and refusals
description   all of it as one OpenAPI document
page       the document as a page to read
"""
