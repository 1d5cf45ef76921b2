"""The tasks of test_celery, as a worker loads them.

Functions only: class tasks of Celery 5.2 do not work on Python 3.11.
"""

import os
import time

from celery import Celery

app = Celery("tasks", broker=f"amqp://guest:guest@127.0.0.1:{os.environ['AMQP_PORT']}//", backend="rpc://")
app.conf.update(
    task_default_queue="celery-test",
    task_acks_late=True,
    worker_prefetch_multiplier=2,
    broker_connection_retry=False,
)


@app.task
def add(x, y):
    return x + y


@app.task(bind=True, max_retries=3)
def third_time_lucky(self):
    if self.request.retries < 2:
        raise self.retry(countdown=0.2)
    return self.request.retries


@app.task(bind=True, max_retries=1)
def hopeless(self):
    raise self.retry(countdown=0.1, exc=ValueError("never"))


@app.task
def now():
    return time.time()
