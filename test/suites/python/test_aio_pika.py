"""aio-pika, the asyncio client, over the broker at AMQP_PORT: what is particular to it, and what only robust connections do."""

import asyncio
import datetime
import os
import unittest
import uuid
from unittest import mock

import aio_pika
import aiormq.exceptions
from aio_pika import ExchangeType, Message

URL = f"amqp://guest:guest@127.0.0.1:{os.environ['AMQP_PORT']}/"
PATIENCE = 30  # seconds


def soon(awaitable):
    return asyncio.wait_for(awaitable, PATIENCE)


class AioPika(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.connection = await soon(aio_pika.connect(URL))
        self.addAsyncCleanup(self.connection.close)
        self.channel = await self.connection.channel()

    async def queue(self, channel=None, **arguments):
        arguments = {"x-" + key.replace("_", "-"): value for key, value in arguments.items()}
        return await (channel or self.channel).declare_queue(exclusive=True, arguments=arguments)

    def send(self, queue, body, **properties):
        return soon(self.channel.default_exchange.publish(Message(body, **properties), queue.name))

    async def test_wrong_password(self):
        with self.assertRaisesRegex(aiormq.exceptions.AMQPConnectionError, "ACCESS_REFUSED"):
            await soon(aio_pika.connect(URL.replace(":guest@", ":wrong@")))

    async def test_refused_declares(self):
        name = str(uuid.uuid4())
        with self.assertRaisesRegex(aio_pika.exceptions.ChannelNotFoundEntity, f"NOT_FOUND - no queue '{name}' in vhost '/'"):
            await soon(self.channel.declare_queue(name, passive=True))
        channel = await self.connection.channel()
        await channel.declare_queue(name, durable=True)
        with self.assertRaisesRegex(aio_pika.exceptions.ChannelPreconditionFailed, "inequivalent arg 'durable'"):
            await soon(channel.declare_queue(name, durable=False))
        await (await self.connection.channel()).queue_delete(name)

    async def test_properties(self):
        queue = await self.queue()
        headers = {"text": "grüße", "number": 1 << 40, "yes": True, "none": None, "octets": b"\0\xff",
                   "time": datetime.datetime(2023, 11, 14, 22, 13, 20, tzinfo=datetime.timezone.utc),
                   "list": [1, "two", [3]], "table": {"deep": {"deeper": "x"}}}
        properties = dict(content_type="text/plain", content_encoding="utf-8", priority=3, correlation_id="c", reply_to="r", expiration=60,
                          message_id="m", timestamp=datetime.datetime(2023, 11, 14, 22, 13, 20), type="t", user_id="guest", app_id="a")
        await self.send(queue, b"body", headers=headers, **properties)
        got = await queue.get(no_ack=True)
        self.assertEqual(got.body, b"body")
        seen = {key: getattr(got, key) for key in properties}
        seen["timestamp"] = seen["timestamp"].replace(tzinfo=None)
        self.assertEqual(seen, properties)
        octets = got.headers.pop("octets"), headers.pop("octets")
        self.assertIn(octets[0], (octets[1], bytearray(octets[1])))
        self.assertEqual({**got.headers, "time": got.headers["time"].replace(tzinfo=datetime.timezone.utc)}, headers)

    async def test_confirms_at_once(self):
        queue = await self.queue()
        await asyncio.gather(*(self.send(queue, b"%d" % i) for i in range(500)))
        self.assertEqual((await self.channel.declare_queue(queue.name, passive=True)).declaration_result.message_count, 500)

    async def test_returned(self):
        channel = await self.connection.channel(on_return_raises=True)
        with self.assertRaises(aio_pika.exceptions.DeliveryError):
            await soon(channel.default_exchange.publish(Message(b"lost"), str(uuid.uuid4()), mandatory=True))

    async def test_nacked_publish(self):
        queue = await self.queue(max_length=1, overflow="reject-publish")
        await self.send(queue, b"fits")
        with self.assertRaises(aio_pika.exceptions.DeliveryError):
            await self.send(queue, b"does not")

    async def test_iterator_and_dead_letters(self):
        letters = await self.queue()
        queue = await self.queue(dead_letter_exchange="", dead_letter_routing_key=letters.name)
        for body in b"abc":
            await self.send(queue, bytes([body]))
        await self.channel.set_qos(prefetch_count=1)
        seen = []
        async with queue.iterator(timeout=PATIENCE) as messages:
            async for message in messages:
                seen.append((message.body, message.redelivered))
                if message.body == b"a" and not message.redelivered:
                    await message.nack(requeue=True)
                elif message.body == b"b":
                    await message.reject()
                else:
                    await message.ack()
                if message.body == b"c":
                    break
        self.assertEqual(seen, [(b"a", False), (b"a", True), (b"b", False), (b"c", False)])
        async with letters.iterator(no_ack=True, timeout=PATIENCE) as messages:
            letter = await messages.__anext__()
        death = letter.headers["x-death"][0]
        self.assertEqual((letter.body, death["reason"], death["queue"]), (b"b", "rejected", queue.name))

    async def test_exchange_bindings(self):
        topic = await self.channel.declare_exchange(str(uuid.uuid4()), ExchangeType.TOPIC, auto_delete=True)
        fanout = await self.channel.declare_exchange(str(uuid.uuid4()), ExchangeType.FANOUT, auto_delete=True)
        await fanout.bind(topic, "a.*.c")
        queue = await self.queue()
        await queue.bind(fanout)
        for key in ("a.b.c", "a.c", "a.x.c"):
            await soon(topic.publish(Message(key.encode()), key))
        self.assertEqual([(await queue.get(no_ack=True)).body for _ in range(2)], [b"a.b.c", b"a.x.c"])
        await fanout.unbind(topic, "a.*.c")

    async def test_transaction(self):
        channel = await self.connection.channel(publisher_confirms=False)
        queue = await self.queue(channel)
        with self.assertRaises(ZeroDivisionError):
            async with channel.transaction():
                await channel.default_exchange.publish(Message(b"rolled back"), queue.name)
                raise ZeroDivisionError
        async with channel.transaction():
            await channel.default_exchange.publish(Message(b"committed"), queue.name)
        self.assertEqual((await queue.get(no_ack=True)).body, b"committed")
        self.assertIsNone(await queue.get(fail=False))

    async def test_rpc(self):
        rpc = await aio_pika.patterns.RPC.create(self.channel)

        async def multiply(*, x, y):
            return x * y

        await rpc.register("multiply", multiply, auto_delete=True)
        self.assertEqual(await soon(rpc.proxy.multiply(x=6, y=7)), 42)
        await rpc.close()

    async def test_robust_connection_recovers(self):
        opened, open_connection = [], asyncio.open_connection

        async def opening(*args, **kwargs):
            opened.append(await open_connection(*args, **kwargs))
            return opened[-1]

        with mock.patch("asyncio.open_connection", opening):
            robust = await aio_pika.connect_robust(URL, reconnect_interval=0.1)
        self.addAsyncCleanup(robust.close)
        channel = await robust.channel()
        queue = await channel.declare_queue(str(uuid.uuid4()), auto_delete=True)
        got, back = asyncio.Queue(), asyncio.Event()
        await queue.consume(got.put, no_ack=True)
        robust.reconnect_callbacks.add(lambda *_: back.set())
        opened[0][1].transport.abort()
        await soon(back.wait())
        await soon(channel.default_exchange.publish(Message(b"after"), queue.name))
        self.assertEqual((await soon(got.get())).body, b"after")
