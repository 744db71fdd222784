"""Writes into its log which objects have come, and once a week that it still watches."""
import json


def handler(event, context):
    told = [record["s3"]["object"]["key"] for record in event.get("Records", [])]
    print(json.dumps({"new": told} if told else {"watching": event.get("time")}))
