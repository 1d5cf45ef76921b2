import com.rabbitmq.client.*;
import java.util.*;
import java.util.concurrent.*;

/** RabbitMQ's own Java client over the broker at AMQP_PORT. */
public class Session {
    static final int PATIENCE = 30_000; // milliseconds

    interface Body { void run(Channel channel) throws Exception; }

    static Connection connection;

    /** Runs the body on a new channel and says whether it held, in the lines that the suite counts. */
    static void check(String name, Body body) {
        try {
            Channel channel = connection.createChannel();
            body.run(channel);
            if (channel.isOpen()) channel.close();
            System.out.println("ok " + name);
        } catch (Throwable e) {
            System.out.println("not ok " + name + ": " + e);
        }
    }

    static void want(Object expected, Object got) {
        if (!Objects.equals(expected, got)) throw new AssertionError("got " + got + ", want " + expected);
    }

    /** Expects the body to end with a close by the broker that says the text. */
    static void refused(int code, String text, Body body, Channel channel) throws Exception {
        try {
            body.run(channel);
        } catch (java.io.IOException e) {
            AMQP.Channel.Close close = (AMQP.Channel.Close) ((ShutdownSignalException) e.getCause()).getReason();
            want(code, close.getReplyCode());
            if (!close.getReplyText().contains(text)) throw new AssertionError("it says " + close.getReplyText());
            return;
        }
        throw new AssertionError("it was not refused");
    }

    static ConnectionFactory factory() {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setHost("127.0.0.1");
        factory.setPort(Integer.parseInt(System.getenv("AMQP_PORT")));
        factory.setNetworkRecoveryInterval(100);
        return factory;
    }

    static String exclusive(Channel channel, Object... arguments) throws Exception {
        Map<String, Object> table = new HashMap<>();
        for (int i = 0; i < arguments.length; i += 2) table.put((String) arguments[i], arguments[i + 1]);
        return channel.queueDeclare("", false, true, true, table).getQueue();
    }

    static void send(Channel channel, String queue, String body) throws Exception {
        channel.basicPublish("", queue, null, body.getBytes());
    }

    static String get(Channel channel, String queue) throws Exception {
        GetResponse got = channel.basicGet(queue, true);
        return got == null ? null : new String(got.getBody());
    }

    /** Consumes into a queue of bodies; a delivery that is a repetition has "again" behind it. */
    static BlockingQueue<String> consume(Channel channel, String queue, boolean autoAck) throws Exception {
        BlockingQueue<String> bodies = new LinkedBlockingQueue<>();
        channel.basicConsume(queue, autoAck, new DefaultConsumer(channel) {
            @Override public void handleDelivery(String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
                bodies.add(new String(body) + (envelope.isRedeliver() ? " again" : ""));
            }
            @Override public void handleCancel(String tag) { bodies.add("cancelled"); }
        });
        return bodies;
    }

    static String next(BlockingQueue<String> from) throws Exception { return from.poll(PATIENCE, TimeUnit.MILLISECONDS); }

    public static void main(String[] arguments) throws Exception {
        connection = factory().newConnection("session");
        logins();
        declares();
        publishing();
        consuming();
        fates();
        recovery();
        connection.close();
    }

    static void logins() {
        check("a wrong password is refused", channel -> {
            ConnectionFactory factory = factory();
            factory.setPassword("wrong");
            try {
                factory.newConnection();
            } catch (AuthenticationFailureException e) {
                return;
            }
            throw new AssertionError("it was not refused");
        });
    }

    static void declares() {
        check("a queue that is not there is 404, one declared otherwise 406", channel -> {
            String name = "java-" + ProcessHandle.current().pid();
            refused(404, "no queue '" + name + "' in vhost '/'", c -> c.queueDeclarePassive(name), channel);
            channel = connection.createChannel();
            channel.queueDeclare(name, true, false, false, null);
            refused(406, "inequivalent arg 'durable'", c -> c.queueDeclare(name, false, false, false, null), channel);
            connection.createChannel().queueDelete(name);
        });
        check("exchange to exchange bindings", channel -> {
            String topic = "java-t-" + UUID.randomUUID(), fanout = "java-f-" + UUID.randomUUID(), queue = exclusive(channel);
            channel.exchangeDeclare(topic, BuiltinExchangeType.TOPIC, false, true, null);
            channel.exchangeDeclare(fanout, BuiltinExchangeType.FANOUT, false, true, true, null);
            channel.exchangeBind(fanout, topic, "a.*.c");
            channel.queueBind(queue, fanout, "");
            for (String key : List.of("a.b.c", "a.c", "a.x.c")) channel.basicPublish(topic, key, null, key.getBytes());
            BlockingQueue<String> got = consume(channel, queue, true);
            want("a.b.c", next(got));
            want("a.x.c", next(got));
            channel.exchangeUnbind(fanout, topic, "a.*.c");
        });
    }

    static void publishing() {
        check("properties and headers of every type come back", channel -> {
            String queue = exclusive(channel);
            Map<String, Object> headers = new HashMap<>();
            headers.put("int", -5);
            headers.put("long", 1L << 40);
            headers.put("short", (short) 7);
            headers.put("byte", (byte) -1);
            headers.put("float", 1.5f);
            headers.put("double", 2.5);
            headers.put("decimal", new java.math.BigDecimal("12.34"));
            headers.put("yes", true);
            headers.put("none", null);
            headers.put("time", new Date(1_700_000_000_000L));
            headers.put("list", Arrays.asList(1, 2L, Map.of("deep", Map.of("deeper", 3))));
            AMQP.BasicProperties sent = new AMQP.BasicProperties("text/plain", "utf-8", headers, 2, 3, "c", "r", "60000", "m",
                new Date(1_700_000_000_000L), "t", "guest", "a", null);
            channel.basicPublish("", queue, sent, "body".getBytes());
            GetResponse got = channel.basicGet(queue, true);
            want(sent.toString(), got.getProps().toString());
            want("body", new String(got.getBody()));
        });
        check("confirms, and a return before its confirm", channel -> {
            String queue = exclusive(channel, "x-max-length", 100, "x-overflow", "reject-publish");
            BlockingQueue<String> returned = new LinkedBlockingQueue<>();
            channel.addReturnListener((code, text, exchange, key, properties, body) -> returned.add(code + " " + text));
            channel.confirmSelect();
            for (int i = 0; i < 100; i++) send(channel, queue, "x");
            channel.basicPublish("", "nowhere", true, null, new byte[0]);
            want(true, channel.waitForConfirms(PATIENCE));
            want("312 NO_ROUTE", next(returned));
            send(channel, queue, "one too many");
            want(false, channel.waitForConfirms(PATIENCE));
            want(100L, channel.messageCount(queue));
        });
        check("a transaction is seen when it is committed", channel -> {
            String queue = exclusive(channel);
            channel.txSelect();
            send(channel, queue, "rolled back");
            channel.txRollback();
            send(channel, queue, "committed");
            want(null, get(channel, queue));
            channel.txCommit();
            want("committed", get(channel, queue));
        });
        check("bodies of no octets and of a megabyte", channel -> {
            String queue = exclusive(channel);
            byte[] body = new byte[1 << 20];
            new Random(1).nextBytes(body);
            send(channel, queue, "");
            channel.basicPublish("", queue, null, body);
            want("", get(channel, queue));
            want(true, Arrays.equals(body, channel.basicGet(queue, true).getBody()));
        });
    }

    static void consuming() {
        check("a prefetch of one holds the second message back", channel -> {
            String queue = exclusive(channel);
            channel.basicQos(1);
            send(channel, queue, "a");
            send(channel, queue, "b");
            BlockingQueue<String> got = consume(channel, queue, false);
            want("a", next(got));
            want(1L, channel.messageCount(queue));
            channel.basicNack(1, false, true);
            want("a again", next(got));
            channel.basicAck(2, true);
            want("b", next(got));
            channel.basicRecover(true);
            want("b again", next(got));
        });
        check("a consumer is told when its queue is deleted", channel -> {
            String queue = exclusive(channel);
            BlockingQueue<String> got = consume(channel, queue, true);
            connection.createChannel().queueDelete(queue);
            want("cancelled", next(got));
        });
        check("consumers of a higher priority go before", channel -> {
            String queue = exclusive(channel);
            BlockingQueue<String> low = consume(channel, queue, true), high = new LinkedBlockingQueue<>();
            channel.basicConsume(queue, true, "", false, false, Map.of("x-priority", 5), new DefaultConsumer(channel) {
                @Override public void handleDelivery(String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
                    high.add(new String(body));
                }
            });
            send(channel, queue, "first");
            want("first", next(high));
            want(0, low.size());
        });
        check("a request is answered by direct reply-to", channel -> {
            String queue = exclusive(channel);
            channel.basicConsume(queue, true, new DefaultConsumer(channel) {
                @Override public void handleDelivery(String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body) throws java.io.IOException {
                    getChannel().basicPublish("", properties.getReplyTo(), null, ("re: " + new String(body)).getBytes());
                }
            });
            Channel asking = connection.createChannel();
            BlockingQueue<String> answers = consume(asking, "amq.rabbitmq.reply-to", true);
            asking.basicPublish("", queue, new AMQP.BasicProperties.Builder().replyTo("amq.rabbitmq.reply-to").build(), "abc".getBytes());
            want("re: abc", next(answers));
        });
    }

    static void fates() {
        check("an expired message is dead-lettered and says why", channel -> {
            String letters = exclusive(channel);
            String queue = exclusive(channel, "x-message-ttl", 0, "x-dead-letter-exchange", "", "x-dead-letter-routing-key", letters);
            BlockingQueue<Object> deaths = new LinkedBlockingQueue<>();
            channel.basicConsume(letters, true, new DefaultConsumer(channel) {
                @Override public void handleDelivery(String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
                    deaths.add(((List<?>) properties.getHeaders().get("x-death")).get(0));
                }
            });
            send(channel, queue, "dead");
            Map<?, ?> death = (Map<?, ?>) deaths.poll(PATIENCE, TimeUnit.MILLISECONDS);
            want("expired 1 " + queue + " [" + queue + "]", death.get("reason") + " " + death.get("count") + " " + death.get("queue") + " " + death.get("routing-keys"));
        });
        check("priorities go before", channel -> {
            String queue = exclusive(channel, "x-max-priority", 10);
            for (int p : new int[] {1, 9, 5}) channel.basicPublish("", queue, new AMQP.BasicProperties.Builder().priority(p).build(), ("" + p).getBytes());
            want("951", get(channel, queue) + get(channel, queue) + get(channel, queue));
        });
    }

    static void recovery() {
        check("topology and consumers come back after the connection was cut", unused -> {
            ConnectionFactory factory = factory();
            java.net.Socket[] socket = new java.net.Socket[1];
            factory.setSocketConfigurator(s -> socket[0] = s);
            Connection other = factory.newConnection();
            Channel channel = other.createChannel();
            String queue = exclusive(channel);
            channel.queueBind(queue, "amq.topic", "java." + queue);
            BlockingQueue<String> got = consume(channel, queue, true);
            CountDownLatch recovered = new CountDownLatch(1);
            ((Recoverable) other).addRecoveryListener(new RecoveryListener() {
                @Override public void handleRecovery(Recoverable r) { recovered.countDown(); }
                @Override public void handleRecoveryStarted(Recoverable r) { }
            });
            socket[0].close();
            if (!recovered.await(PATIENCE, TimeUnit.MILLISECONDS)) throw new AssertionError("it did not recover");
            channel.basicPublish("amq.topic", "java." + queue, null, "after".getBytes());
            want("after", next(got));
            other.close();
        });
    }
}
