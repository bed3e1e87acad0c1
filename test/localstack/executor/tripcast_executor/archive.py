"""
Firehose reads a Kinesis stream with Amazon's KCL, which needs Java 11 and DynamoDB Local: LocalStack's image downloads
both. Here a thread reads the stream instead; what Firehose does with the records is LocalStack's own.
"""

import base64
import logging
import threading

from localstack.runtime import hooks

LOG = logging.getLogger(__name__)
POLL_SECONDS = 0.5
PAUSE_AFTER_FAILURE_SECONDS = 2


class Reader(threading.Thread):
    """Hands over all records of a stream, from its oldest on, until the stream is deleted."""

    def __init__(self, client, stream_name, listener):
        super().__init__(daemon=True, name=f"archive-{stream_name}")
        self.client = client
        self.stream_name = stream_name
        self.listener = listener
        self.ended = threading.Event()

    def stop(self, quiet=False):
        self.ended.set()

    def run(self):
        iterators = {}
        while not self.ended.wait(POLL_SECONDS):
            try:
                self.read(iterators)
            except self.client.exceptions.ResourceNotFoundException:
                return
            except Exception:
                if self.ended.wait(PAUSE_AFTER_FAILURE_SECONDS):
                    return
                LOG.warning("reading the stream %s failed", self.stream_name, exc_info=True)

    def read(self, iterators):
        for shard in self.client.list_shards(StreamName=self.stream_name)["Shards"]:
            shard_id = shard["ShardId"]
            iterator = iterators.get(shard_id) or self.oldest(shard_id)
            answer = self.client.get_records(ShardIterator=iterator)
            iterators[shard_id] = answer["NextShardIterator"]
            records = [as_kcl_does(record) for record in answer["Records"]]
            if records:
                self.listener(records)

    def oldest(self, shard_id):
        return self.client.get_shard_iterator(
            StreamName=self.stream_name, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]


def as_kcl_does(record):
    return {
        "data": base64.b64encode(record["Data"]).decode(),
        "partitionKey": record["PartitionKey"],
        "sequenceNumber": record["SequenceNumber"],
    }


@hooks.on_infra_start()
def read_streams_without_kcl():
    from localstack.aws.connect import connect_to
    from localstack.utils.aws import arns
    from localstack.utils.kinesis import kinesis_connector

    def listen_to_kinesis(stream_name, account_id, region_name, listener_func, **_):
        client = connect_to(aws_access_key_id=account_id, region_name=region_name).kinesis
        reader = Reader(client, arns.kinesis_stream_name(stream_name), listener_func)
        reader.start()
        return reader

    kinesis_connector.listen_to_kinesis = listen_to_kinesis
