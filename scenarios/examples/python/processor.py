"""Copies records, skipping those that its idempotency store knows already.

The store is a SQLite file that survives a restart. --mark says when a record is
entered there: before its output is written, or after it.
"""
import argparse
import os
import signal
import sqlite3
import time

from confluent_kafka import Consumer, Producer

parser = argparse.ArgumentParser()
parser.add_argument("--mark", choices=["before", "after"], required=True)
mark = parser.parse_args().mark

running = True


def stop(*_):
    global running
    running = False


signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)

env = os.environ
store = sqlite3.connect(os.path.join(env["SURETY_DIR"], "store.db"))
store.execute("CREATE TABLE IF NOT EXISTS done (place TEXT PRIMARY KEY)")
store.commit()


def place(message):
    return f"{message.topic()}/{message.partition()}/{message.offset()}"


def known(message):
    return store.execute("SELECT 1 FROM done WHERE place = ?", (place(message),)).fetchone() is not None


def enter(messages):
    store.executemany("INSERT OR IGNORE INTO done VALUES (?)", [(place(m),) for m in messages])
    store.commit()


consumer = Consumer({
    "bootstrap.servers": env["SURETY_BOOTSTRAP"],
    "client.id": env["SURETY_NAME"],
    "group.id": env["SURETY_GROUP"],
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
    "session.timeout.ms": 6000,
    "heartbeat.interval.ms": 1000,
})
producer = Producer({
    "bootstrap.servers": env["SURETY_BOOTSTRAP"],
    "client.id": env["SURETY_NAME"],
    "enable.idempotence": True,
    "linger.ms": 0,
})
consumer.subscribe([env["SURETY_INPUT"]])
print("copying", env["SURETY_INPUT"], "to", env["SURETY_OUTPUT"], flush=True)

while running:
    batch = [m for m in consumer.consume(num_messages=500, timeout=0.1) if m.error() is None]
    if not batch:
        continue
    fresh = [m for m in batch if not known(m)]
    if mark == "before":
        enter(fresh)
    time.sleep(0.5)  # the work on a batch
    for m in fresh:
        producer.produce(env["SURETY_OUTPUT"], key=m.key(), value=m.value(), headers=m.headers())
    if producer.flush(30) > 0:
        raise SystemExit("the output was not acknowledged within 30 s")
    if mark == "after":
        enter(fresh)
    consumer.commit(asynchronous=False)

consumer.close()
