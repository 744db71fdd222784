"""Answers with another greeting."""
import os


def handler(event, context):
    return {"said": f"{os.environ.get('GREETING', 'hello')} again, {event.get('name', 'nobody')}"}
