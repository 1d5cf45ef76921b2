<?php
// php-amqplib over the broker at AMQP_PORT.
require_once 'PhpAmqpLib/autoload.php';

use PhpAmqpLib\Connection\AMQPStreamConnection;
use PhpAmqpLib\Exception\AMQPProtocolChannelException;
use PhpAmqpLib\Message\AMQPMessage;
use PhpAmqpLib\Wire\AMQPTable;

const PATIENCE = 30; // seconds

// check runs the function on a new channel and says whether it held, in the lines that the suite counts.
function check(string $name, callable $body): void
{
    global $connection;
    try {
        $body($connection->channel());
        echo "ok $name\n";
    } catch (Throwable $e) {
        echo "not ok $name: ", get_class($e), ': ', $e->getMessage(), "\n";
    }
}

function want($expected, $got): void
{
    if ($expected != $got) {
        throw new Exception('got ' . json_encode($got) . ', want ' . json_encode($expected));
    }
}

// refused runs the function, which must end with the exception and its text.
function refused(string $exception, string $text, callable $body): void
{
    try {
        $body();
    } catch (Throwable $e) {
        if (!$e instanceof $exception || !str_contains($e->getMessage(), $text)) {
            throw $e;
        }
        return;
    }
    throw new Exception('it was not refused');
}

function connect(string $password = 'guest'): AMQPStreamConnection
{
    return new AMQPStreamConnection('127.0.0.1', getenv('AMQP_PORT'), 'guest', $password, '/', false, 'AMQPLAIN', null, 'en_US', PATIENCE, PATIENCE);
}

// exclusive declares a queue of the server's naming and gives its name.
function exclusive($channel, array $arguments = []): string
{
    return $channel->queue_declare('', false, false, true, true, false, new AMQPTable($arguments))[0];
}

// take consumes until count messages have come.
function take($channel, string $queue, int $count): array
{
    $got = [];
    $tag = $channel->basic_consume($queue, '', false, true, false, false, function ($m) use (&$got) { $got[] = $m; });
    while (count($got) < $count) {
        $channel->wait(null, false, PATIENCE);
    }
    $channel->basic_cancel($tag);
    return $got;
}

$bodies = fn(array $messages) => array_map(fn($m) => $m->body, $messages);
$connection = connect();

check('a wrong password is refused', function () {
    refused(Exception::class, 'ACCESS_REFUSED', fn() => connect('wrong'));
});

check('a queue that is not there is 404, one declared otherwise 406', function ($channel) use ($connection) {
    $name = 'php-' . getmypid();
    refused(AMQPProtocolChannelException::class, "NOT_FOUND - no queue '$name' in vhost '/'", fn() => $channel->queue_declare($name, true));
    $channel = $connection->channel();
    $channel->queue_declare($name, false, true, false, false);
    refused(AMQPProtocolChannelException::class, "inequivalent arg 'durable' for queue '$name'", fn() => $channel->queue_declare($name, false, false, false, false));
    want(0, $connection->channel()->queue_delete($name));
});

check('properties and headers of every type come back', function ($channel) {
    $queue = exclusive($channel);
    $headers = ['text' => 'grüße', 'number' => 1 << 40, 'negative' => -5, 'yes' => true, 'none' => null, 'float' => 1.5,
        'time' => new DateTime('@1700000000'), 'list' => [1, 'two', [3]], 'table' => ['deep' => ['deeper' => 'x']]];
    $properties = ['content_type' => 'text/plain', 'content_encoding' => 'utf-8', 'delivery_mode' => 2, 'priority' => 3, 'correlation_id' => 'c',
        'reply_to' => 'r', 'expiration' => '60000', 'message_id' => 'm', 'timestamp' => 1700000000, 'type' => 't', 'user_id' => 'guest', 'app_id' => 'a'];
    $channel->basic_publish(new AMQPMessage('body', $properties + ['application_headers' => new AMQPTable($headers)]), '', $queue);
    $got = $channel->basic_get($queue, true);
    want('body', $got->body);
    want($headers, $got->get('application_headers')->getNativeData());
    want($properties, array_diff_key($got->get_properties(), ['application_headers' => 0]));
});

check('confirms, and a return before its confirm', function ($channel) {
    $queue = exclusive($channel, ['x-max-length' => 100, 'x-overflow' => 'reject-publish']);
    $acked = $nacked = 0;
    $returned = null;
    $channel->set_ack_handler(function () use (&$acked) { $acked++; });
    $channel->set_nack_handler(function () use (&$nacked) { $nacked++; });
    $channel->set_return_listener(function ($code, $text) use (&$returned) { $returned = "$code $text"; });
    $channel->confirm_select();
    for ($i = 0; $i < 110; $i++) {
        $channel->basic_publish(new AMQPMessage("$i"), '', $queue);
    }
    $channel->basic_publish(new AMQPMessage('lost'), '', 'nowhere', true);
    $channel->wait_for_pending_acks_returns(PATIENCE);
    want([101, 10, '312 NO_ROUTE'], [$acked, $nacked, $returned]);
});

check('a batch is published at once', function ($channel) use ($bodies) {
    $queue = exclusive($channel);
    foreach (['a', 'b', 'c'] as $body) {
        $channel->batch_basic_publish(new AMQPMessage($body), '', $queue);
    }
    $channel->publish_batch();
    want(['a', 'b', 'c'], $bodies(take($channel, $queue, 3)));
});

check('a prefetch of one holds the second message back', function ($channel) {
    $queue = exclusive($channel);
    $channel->basic_qos(0, 1, false);
    foreach (['a', 'b'] as $body) {
        $channel->basic_publish(new AMQPMessage($body), '', $queue);
    }
    $got = [];
    $channel->basic_consume($queue, '', false, false, false, false, function ($m) use (&$got) {
        $got[] = $m->body . ($m->isRedelivered() ? ' again' : '');
        count($got) == 1 ? $m->nack(true) : $m->ack();
    });
    while (count($got) < 3) {
        $channel->wait(null, false, PATIENCE);
    }
    want(['a', 'a again', 'b'], $got);
});

check('a consumer is told when its queue is deleted', function ($channel) use ($connection) {
    $queue = exclusive($channel);
    $channel->basic_consume($queue, '', false, false, false, false, fn() => null);
    $connection->channel()->queue_delete($queue);
    refused(PhpAmqpLib\Exception\AMQPBasicCancelException::class, '', fn() => $channel->wait(null, false, PATIENCE));
});

check('topic and exchange to exchange bindings', function ($channel) use ($bodies) {
    [$topic, $fanout, $queue] = ['php-t-' . getmypid(), 'php-f-' . getmypid(), exclusive($channel)];
    $channel->exchange_declare($topic, 'topic', false, false, true);
    $channel->exchange_declare($fanout, 'fanout', false, false, true, true); // internal
    $channel->exchange_bind($fanout, $topic, 'a.*.c');
    $channel->queue_bind($queue, $fanout);
    foreach (['a.b.c', 'a.c', 'a.x.c'] as $key) {
        $channel->basic_publish(new AMQPMessage($key), $topic, $key);
    }
    want(['a.b.c', 'a.x.c'], $bodies(take($channel, $queue, 2)));
    $channel->exchange_unbind($fanout, $topic, 'a.*.c');
});

check('an expired message is dead-lettered and says why', function ($channel) {
    $letters = exclusive($channel);
    $queue = exclusive($channel, ['x-message-ttl' => 0, 'x-dead-letter-exchange' => '', 'x-dead-letter-routing-key' => $letters]);
    $channel->basic_publish(new AMQPMessage('dead'), '', $queue);
    $death = take($channel, $letters, 1)[0]->get('application_headers')->getNativeData()['x-death'][0];
    want(['expired', 1, $queue, [$queue]], [$death['reason'], $death['count'], $death['queue'], $death['routing-keys']]);
});

check('a transaction is seen when it is committed', function ($channel) {
    $queue = exclusive($channel);
    $channel->tx_select();
    $channel->basic_publish(new AMQPMessage('rolled back'), '', $queue);
    $channel->tx_rollback();
    $channel->basic_publish(new AMQPMessage('committed'), '', $queue);
    want(null, $channel->basic_get($queue));
    $channel->tx_commit();
    want('committed', $channel->basic_get($queue)->body);
});

check('bodies of no octets and of a megabyte', function ($channel) use ($bodies) {
    $queue = exclusive($channel);
    $long = random_bytes(1 << 20);
    $channel->basic_publish(new AMQPMessage(''), '', $queue);
    $channel->basic_publish(new AMQPMessage($long), '', $queue);
    want(true, $bodies(take($channel, $queue, 2)) === ['', $long]);
});

$connection->close();
