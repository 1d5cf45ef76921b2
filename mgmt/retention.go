package mgmt

// tick is the seconds between two samples of a figure, RabbitMQ's
// collect_statistics_interval.
const tick = 5

// span keeps one sample every step seconds for age seconds.
type span struct{ step, age int64 }

// retention is how long and how finely a figure's past is kept: spans from fine
// and short to coarse and long. Steps are multiples of tick.
type retention []span

// The policies of management-api §5.1, with RabbitMQ's steps. Nothing is kept
// for "detailed": only rates_mode detailed would fill it.
var (
	retainGlobal = retention{{5, 600}, {60, 3600}, {600, 28800}, {1800, 86400}}
	retainBasic  = retention{{5, 600}, {60, 3600}}
)

// shortened is r with every age halved so often, but with what a rate and a short
// curve need.
func (r retention) shortened(halvings int) retention {
	short := make(retention, len(r))
	for i, s := range r {
		short[i] = span{s.step, max(s.age>>halvings, 6*s.step)}
	}
	return short
}

// choose returns the index of the finest span that reaches age seconds back,
// or of the longest.
func (r retention) choose(age int64) int {
	for i, s := range r {
		if s.age >= age {
			return i
		}
	}
	return len(r) - 1
}
