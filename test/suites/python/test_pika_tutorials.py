"""RabbitMQ's seven tutorials as pika programs, each with what it must show.

The broker is at AMQP_PORT on loopback, user guest.
"""

import os
import threading
import unittest
import uuid

import pika

PARAMETERS = pika.ConnectionParameters("127.0.0.1", int(os.environ["AMQP_PORT"]), heartbeat=30)
PATIENCE = 20  # seconds; nothing here takes one on an idle machine


class Program:
    """One process of a tutorial: a connection with one channel."""

    def __init__(self, test=None):
        """The connection is closed after the test, if one is given."""
        self.connection = pika.BlockingConnection(PARAMETERS)
        self.channel = self.connection.channel()
        if test:
            test.addCleanup(self.close)

    def close(self):
        if self.connection.is_open:
            self.connection.close()

    def take(self, queue, count, auto_ack=True):
        """Consumes until count messages have come, and gives them."""
        got = []
        for method, properties, body in self.channel.consume(queue, auto_ack=auto_ack, inactivity_timeout=PATIENCE):
            if method is None:
                raise AssertionError(f"only {len(got)} of {count} messages came: {got}")
            got.append((method, properties, body))
            if len(got) == count:
                break
        self.channel.cancel()
        return got


class Tutorials(unittest.TestCase):
    def setUp(self):
        self.name = f"{self._testMethodName}-{uuid.uuid4()}"

    def queue(self, program, name="", **arguments):
        """Declares a queue and deletes it after the test."""
        declared = program.channel.queue_declare(name, **arguments).method.queue

        def delete():
            cleaner = pika.BlockingConnection(PARAMETERS)
            cleaner.channel().queue_delete(declared)
            cleaner.close()

        if not arguments.get("exclusive"):
            self.addCleanup(delete)
        return declared

    def exchange(self, program, kind):
        program.channel.exchange_declare(self.name, kind, auto_delete=True)
        return self.name

    def test_1_hello_world(self):
        sender, receiver = Program(self), Program(self)
        queue = self.queue(sender, self.name)
        sender.channel.basic_publish("", queue, b"Hello World!")
        (method, _, body), = receiver.take(queue, 1)
        self.assertEqual(body, b"Hello World!")
        self.assertEqual((method.exchange, method.routing_key, method.redelivered), ("", queue, False))

    def test_2_work_queues(self):
        boss, lazy, busy = Program(self), Program(self), Program(self)
        queue = self.queue(boss, self.name, durable=True)
        for i in range(10):
            boss.channel.basic_publish("", queue, b"task %d" % i, pika.BasicProperties(delivery_mode=2))
        # A prefetch of one: the lazy worker gets one task and no more until it acknowledges.
        held = []
        lazy.channel.basic_qos(prefetch_count=1)
        lazy.channel.basic_consume(queue, lambda _, method, __, body: held.append((method, body)))
        while not held:
            lazy.connection.process_data_events(PATIENCE)
        busy.channel.basic_qos(prefetch_count=1)
        done = []
        for method, properties, body in busy.channel.consume(queue, inactivity_timeout=PATIENCE):
            done.append(body)
            self.assertEqual(properties.delivery_mode, 2)
            busy.channel.basic_ack(method.delivery_tag)
            if len(done) == 9:
                break
        lazy.connection.process_data_events(0)
        self.assertEqual([body for _, body in held], [b"task 0"])
        self.assertEqual(done, [b"task %d" % i for i in range(1, 10)])
        # The lazy worker dies: its task goes to the other, marked as redelivered.
        lazy.connection.close()
        method, _, body = next(busy.channel.consume(queue, inactivity_timeout=PATIENCE))
        self.assertEqual((body, method.redelivered), (b"task 0", True))
        busy.channel.basic_ack(method.delivery_tag)
        busy.channel.cancel()
        self.assertEqual(boss.channel.queue_declare(queue, passive=True).method.message_count, 0)

    def test_3_publish_subscribe(self):
        sender = Program(self)
        exchange = self.exchange(sender, "fanout")
        subscribers = [Program(self) for _ in range(3)]
        queues = []
        for s in subscribers:
            queue = self.queue(s, exclusive=True)
            self.assertRegex(queue, "^amq\\.gen-")
            s.channel.queue_bind(queue, exchange)
            queues.append(queue)
        sender.channel.basic_publish(exchange, "whatever", b"info: Hello World!")
        for s, queue in zip(subscribers, queues):
            (method, _, body), = s.take(queue, 1)
            self.assertEqual((method.exchange, body), (exchange, b"info: Hello World!"))
        # An exclusive queue is its connection's own, and goes with it.
        with self.assertRaises(pika.exceptions.ChannelClosedByBroker) as locked:
            sender.channel.queue_declare(queues[0], passive=True)
        self.assertEqual(locked.exception.reply_code, 405)
        subscribers[0].connection.close()
        with self.assertRaises(pika.exceptions.ChannelClosedByBroker) as gone:
            subscribers[1].connection.channel().queue_declare(queues[0], passive=True)
        self.assertEqual(gone.exception.reply_code, 404)

    def test_4_routing(self):
        sender, everything, errors = Program(self), Program(self), Program(self)
        exchange = self.exchange(sender, "direct")
        all_queue, error_queue = self.queue(everything, exclusive=True), self.queue(errors, exclusive=True)
        for severity in ("info", "warning", "error"):
            everything.channel.queue_bind(all_queue, exchange, severity)
        errors.channel.queue_bind(error_queue, exchange, "error")
        for severity in ("info", "error", "debug", "warning", "error"):
            sender.channel.basic_publish(exchange, severity, severity.encode())
        self.assertEqual([m.routing_key for m, _, _ in everything.take(all_queue, 4)], ["info", "error", "warning", "error"])
        self.assertEqual([body for _, _, body in errors.take(error_queue, 2)], [b"error", b"error"])

    def test_5_topics(self):
        sender, receiver = Program(self), Program(self)
        exchange = self.exchange(sender, "topic")
        want = {
            "#": ["kern.critical", "kern.info", "a.critical", "kern.a.critical", "kern"],
            "kern.*": ["kern.critical", "kern.info"],
            "*.critical": ["kern.critical", "a.critical"],
            "kern.#": ["kern.critical", "kern.info", "kern.a.critical", "kern"],
            "#.critical": ["kern.critical", "a.critical", "kern.a.critical"],
        }
        queues = {pattern: self.queue(receiver, exclusive=True) for pattern in want}
        for pattern, queue in queues.items():
            receiver.channel.queue_bind(queue, exchange, pattern)
        for key in want["#"]:
            sender.channel.basic_publish(exchange, key, b"")
        for pattern, keys in want.items():
            got = [m.routing_key for m, _, _ in receiver.take(queues[pattern], len(keys))]
            self.assertEqual(got, keys, f"binding {pattern}")
            self.assertEqual(receiver.channel.queue_declare(queues[pattern], passive=True).method.message_count, 0)

    def serve_fibonacci(self, queue, calls):
        """Answers calls requests on queue from a thread of its own."""

        def fib(n):
            return n if n < 2 else fib(n - 1) + fib(n - 2)

        def serve():
            server = Program()
            for method, properties, body in server.channel.consume(queue, inactivity_timeout=PATIENCE):
                if method is None:
                    break
                server.channel.basic_publish(
                    "", properties.reply_to, b"%d" % fib(int(body)),
                    pika.BasicProperties(correlation_id=properties.correlation_id))
                server.channel.basic_ack(method.delivery_tag)
                if method.delivery_tag == calls:
                    break
            server.close()

        thread = threading.Thread(target=serve)
        thread.start()
        self.addCleanup(thread.join)

    def test_6_rpc(self):
        client = Program(self)
        requests = self.queue(client, self.name)
        replies = self.queue(client, exclusive=True)
        self.serve_fibonacci(requests, 3)
        sent = {}
        for n in (10, 15, 20):
            sent[str(uuid.uuid4())] = n
            client.channel.basic_publish("", requests, b"%d" % n, pika.BasicProperties(
                reply_to=replies, correlation_id=list(sent)[-1]))
        got = {p.correlation_id: int(body) for _, p, body in client.take(replies, 3)}
        self.assertEqual({sent[k]: v for k, v in got.items()}, {10: 55, 15: 610, 20: 6765})

    def test_6_rpc_direct_reply_to(self):
        client = Program(self)
        requests = self.queue(client, self.name)
        self.serve_fibonacci(requests, 1)
        got = []
        client.channel.basic_consume("amq.rabbitmq.reply-to", lambda *delivery: got.append(delivery), auto_ack=True)
        client.channel.basic_publish("", requests, b"12", pika.BasicProperties(reply_to="amq.rabbitmq.reply-to", correlation_id="c"))
        while not got:
            client.connection.process_data_events(PATIENCE)
        self.assertEqual((got[0][2].correlation_id, got[0][3]), ("c", b"144"))

    def test_7_publisher_confirms(self):
        sender = Program(self)
        queue = self.queue(sender, self.name, durable=True)
        sender.channel.confirm_delivery()
        for i in range(50):
            sender.channel.basic_publish("", queue, b"%d" % i, pika.BasicProperties(delivery_mode=2), mandatory=True)
        self.assertEqual(sender.channel.queue_declare(queue, passive=True).method.message_count, 50)
        with self.assertRaises(pika.exceptions.UnroutableError) as unroutable:
            sender.channel.basic_publish("", self.name + "-nowhere", b"lost?", mandatory=True)
        self.assertEqual(unroutable.exception.messages[0].body, b"lost?")
        self.assertEqual(unroutable.exception.messages[0].method.reply_code, 312)

    def test_large_messages(self):
        sender, receiver = Program(self), Program(self)
        queue = self.queue(sender, self.name)
        bodies = [os.urandom(n) for n in (0, 1, 131063, 131064, 131065, 5_000_000)]  # a frame holds 131072 - 8
        for body in bodies:
            sender.channel.basic_publish("", queue, body)
        for want, (_, _, got) in zip(bodies, receiver.take(queue, len(bodies))):
            self.assertEqual(len(got), len(want))
            self.assertTrue(got == want)
