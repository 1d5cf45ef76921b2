"""Celery over the broker at AMQP_PORT: a worker process, tasks, retries, an ETA.

The worker also uses what few clients do: fanout control queues, an event
exchange, priorities, and prefetch counts that move while tasks wait for their
ETA.
"""

import subprocess
import sys
import tempfile
import time
import unittest
import warnings

import celery_tasks as tasks
from celery import group

PATIENCE = 60  # seconds


class Celery(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        warnings.simplefilter("ignore", ResourceWarning)
        cls.log = cls.enterClassContext(tempfile.TemporaryFile("w+"))
        cls.worker = subprocess.Popen(
            [sys.executable, "-B", "-m", "celery", "-A", "celery_tasks", "worker", "--pool", "solo", "--loglevel", "WARNING"],
            stdout=cls.log, stderr=cls.log)
        cls.addClassCleanup(cls.stop)
        until = time.time() + PATIENCE
        while not tasks.app.control.ping(timeout=1):
            if cls.worker.poll() is not None or time.time() > until:
                cls.log.seek(0)
                raise AssertionError("the worker did not come up:\n" + cls.log.read())

    @classmethod
    def stop(cls):
        cls.worker.terminate()
        cls.worker.wait(PATIENCE)

    def test_result(self):
        self.assertEqual(tasks.add.delay(2, 3).get(timeout=PATIENCE), 5)

    def test_many_results(self):
        jobs = group(tasks.add.s(i, i) for i in range(100))()
        self.assertEqual(jobs.get(timeout=PATIENCE), [2 * i for i in range(100)])

    def test_chain(self):
        result = (tasks.add.s(1, 1) | tasks.add.s(10) | tasks.add.s(100))()
        self.assertEqual(result.get(timeout=PATIENCE), 112)

    def test_retry(self):
        self.assertEqual(tasks.third_time_lucky.delay().get(timeout=PATIENCE), 2)

    def test_retry_gives_up(self):
        with self.assertRaisesRegex(ValueError, "never"):
            tasks.hopeless.delay().get(timeout=PATIENCE)

    def test_eta(self):
        # Tasks that wait are taken out of the prefetch count: the worker raises it with basic.qos while it consumes.
        # It does so with global set only where server-properties name RabbitMQ 3.3 or later, and without global a
        # broker like RabbitMQ applies the new count to new consumers alone.
        later = [tasks.now.apply_async(countdown=3600) for _ in range(5)]
        sent = time.time()
        soon = tasks.now.apply_async(countdown=1)
        tasks.now.delay().get(timeout=PATIENCE)
        self.assertGreaterEqual(soon.get(timeout=PATIENCE), sent + 1)
        for task in later:
            task.revoke()

    def test_control(self):
        (name, answer), = tasks.app.control.inspect(timeout=PATIENCE, limit=1).active_queues().items()
        self.assertTrue(name.startswith("celery@"))
        self.assertEqual([queue["name"] for queue in answer], ["celery-test"])
