package exchange

// random routes to one binding, picked anew for each message; keys do not
// count (amqp-behaviour §3.5). A destination that is bound twice is picked
// twice as often.
type random struct {
	line weighted
	pick func(n uint64) uint64
}

func newRandom(_ Exchange, env env) matcher { return &random{pick: env.pick} }

func (r *random) add(b *bound)    { r.line.push(b, 1) }
func (r *random) remove(b *bound) { r.line.remove(b, 1) }

func (r *random) match(_ *Message, _ [][]byte, res *Result) {
	if r.line.total > 0 {
		res.add(r.line.find(r.pick(r.line.total)).dest)
	}
}
