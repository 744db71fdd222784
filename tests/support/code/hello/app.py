"""Answers with a greeting from its environment."""
import os


def handler(event, context):
    return {"said": f"{os.environ.get('GREETING', 'hello')} {event.get('name', 'nobody')}"}
