# Bunny, the Ruby client, over the broker at AMQP_PORT.
require "bunny"
require "timeout"

PATIENCE = 30 # seconds

# check runs the block and says whether it held, in the lines that the suite counts.
def check(name)
  Timeout.timeout(PATIENCE) { yield }
  puts "ok #{name}"
rescue StandardError => e
  puts "not ok #{name}: #{e.class}: #{e.message}"
end

def want(expected, got)
  raise "got #{got.inspect}, want #{expected.inspect}" unless expected == got
end

# refused runs the block, which must end with the exception and its text.
def refused(exception, text)
  yield
  raise "it was not refused"
rescue exception => e
  raise "it says #{e.message.inspect}, want #{text.inspect}" unless e.message.include?(text)
end

def connect(**options)
  Bunny.new(host: "127.0.0.1", port: ENV["AMQP_PORT"].to_i, log_level: Logger::FATAL,
            continuation_timeout: PATIENCE * 1000, network_recovery_interval: 0.1, **options).start
end

def exclusive(channel, **arguments)
  channel.queue("", exclusive: true, arguments: arguments.transform_keys { |k| "x-#{k.to_s.tr('_', '-')}" })
end

connection = connect

check "a wrong password is refused" do
  refused(Bunny::AuthenticationFailureError, "") { connect(password: "wrong") }
end

check "a queue that is not there is 404, one declared otherwise 406" do
  name = "ruby-#{Process.pid}"
  connection.create_channel.queue(name, durable: true)
  refused(Bunny::NotFound, "NOT_FOUND - no queue 'none-#{name}' in vhost '/'") { connection.create_channel.queue("none-#{name}", passive: true) }
  refused(Bunny::PreconditionFailed, "inequivalent arg 'durable' for queue '#{name}'") { connection.create_channel.queue(name, durable: false) }
  connection.create_channel.queue_delete(name)
  want false, connection.queue_exists?(name)
end

check "properties and headers of every type come back" do
  channel = connection.create_channel
  queue = exclusive(channel)
  headers = { "text" => "greetings", "number" => 2**40, "negative" => -5, "float" => 1.5, "yes" => true, "none" => nil,
              "time" => Time.at(1_700_000_000), "list" => [1, "two", [3]], "table" => { "deep" => { "deeper" => "x" } } }
  properties = { content_type: "text/plain", content_encoding: "utf-8", priority: 3, correlation_id: "c", reply_to: "r",
                 expiration: "60000", message_id: "m", timestamp: 1_700_000_000, type: "t", user_id: "guest",
                 app_id: "a", headers: headers }
  queue.publish("body", persistent: true, **properties)
  info, got, body = queue.pop
  want "body", body
  want false, info.redelivered?
  want properties.merge(delivery_mode: 2, timestamp: Time.at(1_700_000_000)), got.to_hash
end

check "a thousand messages are confirmed" do
  channel = connection.create_channel
  channel.confirm_select
  queue = exclusive(channel)
  1000.times { |i| queue.publish(i.to_s) }
  want true, channel.wait_for_confirms
  want 1000, queue.message_count
end

check "an unroutable mandatory message is returned before its confirm" do
  channel = connection.create_channel
  channel.confirm_select
  exchange = channel.default_exchange
  returned = Queue.new
  exchange.on_return { |info, _, body| returned << [info.reply_code, info.reply_text, body] }
  exchange.publish("lost", routing_key: "nowhere-#{Process.pid}", mandatory: true)
  channel.wait_for_confirms
  want [312, "NO_ROUTE", "lost"], returned.pop
end

check "a full queue with reject-publish nacks" do
  channel = connection.create_channel
  channel.confirm_select
  queue = exclusive(channel, max_length: 1, overflow: "reject-publish")
  3.times { queue.publish("x") }
  want false, channel.wait_for_confirms
  want 1, queue.message_count
end

check "a prefetch of two holds the third message back until one is acknowledged" do
  channel = connection.create_channel
  queue = exclusive(channel)
  channel.prefetch(2)
  5.times { |i| queue.publish(i.to_s) }
  got = Queue.new
  queue.subscribe(manual_ack: true) { |info, _, body| got << [info.delivery_tag, body] }
  first, = got.pop
  second, = got.pop
  want 3, queue.message_count
  channel.nack(second, true, true)
  want %w[0 1], 2.times.map { got.pop[1] }.sort
  channel.ack(first + 3, true)
  want %w[2 3], 2.times.map { got.pop[1] }
end

check "a consumer is told when its queue is deleted" do
  channel = connection.create_channel
  queue = exclusive(channel)
  cancelled = Queue.new
  consumer = Bunny::Consumer.new(channel, queue)
  consumer.on_cancellation { cancelled << :cancelled }
  queue.subscribe_with(consumer)
  connection.create_channel.queue_delete(queue.name)
  want :cancelled, cancelled.pop
end

check "topic, exchange to exchange and headers bindings" do
  channel = connection.create_channel
  topic = channel.topic("ruby-t-#{Process.pid}", auto_delete: true)
  fanout = channel.fanout("ruby-f-#{Process.pid}", auto_delete: true)
  queue = exclusive(channel).bind(fanout)
  fanout.bind(topic, routing_key: "a.*.c")
  %w[a.b.c a.c a.x.c].each { |key| topic.publish(key, routing_key: key) }
  matched = exclusive(channel).bind("amq.headers", arguments: { "x-match" => "all", "n" => 1, "s" => "x" })
  channel.headers("amq.headers", durable: true).publish("both", headers: { "n" => 1, "s" => "x" })
  want %w[a.b.c a.x.c], [queue.pop[2], queue.pop[2]]
  want "both", matched.pop[2]
  fanout.unbind(topic, routing_key: "a.*.c")
end

check "a rejected message is dead-lettered and says why" do
  channel = connection.create_channel
  letters = exclusive(channel)
  queue = exclusive(channel, dead_letter_exchange: "", dead_letter_routing_key: letters.name)
  queue.publish("dead")
  info, = queue.pop(manual_ack: true)
  channel.reject(info.delivery_tag)
  got = Queue.new
  letters.subscribe { |_, properties, body| got << [body, properties.headers["x-death"][0]] }
  body, death = got.pop
  want ["dead", "rejected", 1, queue.name, [queue.name]], [body, *death.values_at("reason", "count", "queue", "routing-keys")]
end

check "priorities go before" do
  channel = connection.create_channel
  queue = exclusive(channel, max_priority: 10)
  [1, 9, 5].each { |p| queue.publish(p.to_s, priority: p) }
  want %w[9 5 1], 3.times.map { queue.pop[2] }
end

check "a transaction is seen when it is committed" do
  channel = connection.create_channel
  queue = exclusive(channel)
  channel.tx_select
  queue.publish("rolled back")
  channel.tx_rollback
  queue.publish("committed")
  want 0, queue.message_count
  channel.tx_commit
  want "committed", queue.pop[2]
end

check "a request is answered by direct reply-to" do
  channel = connection.create_channel
  queue = exclusive(channel)
  queue.subscribe { |_, properties, body| channel.default_exchange.publish(body.reverse, routing_key: properties.reply_to) }
  asking = connection.create_channel
  answers = Queue.new
  asking.queue("amq.rabbitmq.reply-to", no_declare: true).subscribe { |_, _, body| answers << body }
  asking.default_exchange.publish("abc", routing_key: queue.name, reply_to: "amq.rabbitmq.reply-to")
  want "cba", answers.pop
end

check "bodies of no octets and of a megabyte" do
  queue = exclusive(connection.create_channel)
  long = Random.bytes(1 << 20)
  queue.publish("")
  queue.publish(long)
  want ["", true], [queue.pop[2], queue.pop[2] == long]
end

check "consumers come back after the connection was cut" do
  other = connect
  channel = other.create_channel
  queue = exclusive(channel)
  got = Queue.new
  queue.subscribe { |_, _, body| got << body }
  recovered = Queue.new
  other.after_recovery_completed { recovered << true }
  other.transport.socket.shutdown
  recovered.pop
  queue.publish("after")
  want "after", got.pop
  other.close
end

connection.close
