"""Answers the load balancer with a picture of the size that the path asks for: /thumbs/64 or /thumbs/64x32."""
from html import escape


def handler(event, context):
    size = event["path"].rsplit("/", 1)[-1]
    width, _, height = size.partition("x")
    if not (width.isdecimal() and (height or width).isdecimal()):
        return {"statusCode": 404, "headers": {"Content-Type": "text/plain"}, "body": "there is no such size"}
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height or width}"><title>{escape(size)}</title></svg>'
    return {"statusCode": 200, "headers": {"Content-Type": "image/svg+xml"}, "body": picture}
