"""
Sends rides to tripcast's stream and prints their predictions, in Python and without any of tripcast's code: what a
producer of your own has to do. It talks to LocalStack through localstack-client, to the address in AWS_ENDPOINT_URL.

    pip install localstack-client boto3
    AWS_ENDPOINT_URL=http://127.0.0.1:4566 python examples/producer.py 10

The events and the predictions are described in docs/contracts.md. On AWS, use boto3's own Session instead.
"""

import json
import random
import sys
import time
import uuid

from localstack_client.session import Session

EVENTS = "stg_taxi_trip_events"
PREDICTIONS = "stg_taxi_predictions"
CALL_RECORDS = 500
PATIENCE_SECONDS = 60
POLL_SECONDS = 0.5

kinesis = Session().client("kinesis")


def a_ride():
    """A ride from Central Harlem with an id of its own."""
    return {
        "ride": {
            "PULocationID": 41,
            "DOLocationID": random.choice([42, 74, 75, 116, 166]),
            "trip_distance": round(random.uniform(0.5, 5), 2),
            "pickup_datetime": "2023-04-03T08:30:00",
        },
        "ride_id": f"producer-{uuid.uuid4()}",
    }


def send(rides):
    """PutRecords stores some records and refuses others: those are sent again."""
    unsent = [{"Data": json.dumps(ride).encode(), "PartitionKey": ride["ride_id"]} for ride in rides]
    while unsent:
        batch, later = unsent[:CALL_RECORDS], unsent[CALL_RECORDS:]
        answers = kinesis.put_records(StreamName=EVENTS, Records=batch)["Records"]
        refused = [record for record, answer in zip(batch, answers) if "ErrorCode" in answer]
        if refused:
            time.sleep(POLL_SECONDS)
        unsent = refused + later


def predictions():
    """The records of the predictions stream, from the oldest on; delivery is at least once."""
    shards = kinesis.list_shards(StreamName=PREDICTIONS)["Shards"]
    iterators = [
        kinesis.get_shard_iterator(
            StreamName=PREDICTIONS, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        for shard in shards
    ]
    while True:
        answers = [kinesis.get_records(ShardIterator=iterator) for iterator in iterators]
        for answer in answers:
            yield from (json.loads(record["Data"]) for record in answer["Records"])
        iterators = [answer["NextShardIterator"] for answer in answers if answer.get("NextShardIterator")]
        yield None  # all that there is for now
        time.sleep(POLL_SECONDS)


def main(count):
    rides = [a_ride() for _ in range(count)]
    send(rides)
    owed = {ride["ride_id"] for ride in rides}
    deadline = time.monotonic() + PATIENCE_SECONDS
    for record in predictions():
        if record is not None and record["prediction"]["ride_id"] in owed:
            owed.remove(record["prediction"]["ride_id"])
            print(json.dumps(record), flush=True)
        if not owed:
            return
        if record is None and time.monotonic() > deadline:
            sys.exit(f"{len(owed)} of {count} rides have no prediction after {PATIENCE_SECONDS} seconds.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
