package broker

// Counter names one of the figures that RabbitMQ calls message_stats
// (management-api §8.9). The value is its place in [Counters].
type Counter uint8

// The counters. Which of them an object has is said at the method that hands
// it out; the others stay 0.
const (
	Publish          Counter = iota // messages published: by a channel, into a queue
	Confirm                         // confirmed to publishers; what was refused is not among them
	ReturnUnroutable                // mandatory, found no queue, given back
	DropUnroutable                  // not mandatory, found no queue
	Deliver                         // pushed to consumers that acknowledge
	DeliverNoAck                    // pushed to consumers that do not
	Get                             // basic.get, to be acknowledged
	GetNoAck                        // basic.get, not to be acknowledged
	GetEmpty                        // basic.get that found nothing
	DeliverGet                      // Deliver + DeliverNoAck + Get + GetNoAck
	Redeliver                       // of DeliverGet, those marked redelivered
	Ack                             // acknowledged
	PublishIn                       // into an exchange
	PublishOut                      // out of an exchange: once for each queue reached
	DiskReads                       // reads of messages from files
	DiskWrites                      // messages written to the log

	NumCounters int = iota // how many there are
)

// counterNames are the keys of message_stats.
var counterNames = [NumCounters]string{
	Publish: "publish", Confirm: "confirm", ReturnUnroutable: "return_unroutable", DropUnroutable: "drop_unroutable",
	Deliver: "deliver", DeliverNoAck: "deliver_no_ack", Get: "get", GetNoAck: "get_no_ack", GetEmpty: "get_empty",
	DeliverGet: "deliver_get", Redeliver: "redeliver", Ack: "ack",
	PublishIn: "publish_in", PublishOut: "publish_out", DiskReads: "disk_reads", DiskWrites: "disk_writes",
}

// String is the counter's key in message_stats, for instance "deliver_no_ack".
func (c Counter) String() string { return counterNames[c] }

// Counters are message_stats at one moment: they only grow over the life of the
// object they belong to. Indexed by [Counter].
type Counters [NumCounters]uint64

// Any tells whether anything was counted: RabbitMQ shows no message_stats
// before that.
func (c *Counters) Any() bool { return *c != Counters{} }

// add adds o to c.
func (c *Counters) add(o *Counters) {
	for i, n := range o {
		c[i] += n
	}
}

// sum sets DeliverGet from its four parts.
func (c *Counters) sum() { c[DeliverGet] = c[Deliver] + c[DeliverNoAck] + c[Get] + c[GetNoAck] }

// since returns how far c has come since was.
func (c *Counters) since(was *Counters) (d Counters) {
	for i := range c {
		d[i] = c[i] - was[i]
	}
	return d
}
