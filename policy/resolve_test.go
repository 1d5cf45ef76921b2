package policy

import (
	"reflect"
	"testing"

	"amqpd/amqp"
)

// with returns the settings of a kind with some changes.
func with(k Kind, change func(*Settings)) Settings {
	s := NewSettings(k)
	change(&s)
	return s
}

func policyOf(d Definition) *Policy {
	if d == nil {
		return nil
	}
	return &Policy{Definition: d}
}

// TestEveryCombination walks all rows, kinds and rules (amqp-behaviour §9.2):
// a setting comes from the argument alone, from the policy alone, and from
// both in the way that the row says.
func TestEveryCombination(t *testing.T) {
	for i := range Table {
		row := &Table[i]
		if row.Set == nil || row.On == OnExchange {
			continue
		}
		for k := range kinds {
			use := row.Kinds[k]
			low, high := sampleValues(row)
			argLow, argHigh := toWire(low), toWire(high)
			resolve := func(arg amqp.Value, inPolicy any) Settings {
				var table amqp.Table
				if arg.Kind() != 0 {
					table = amqp.Table{{Key: row.Argument, Value: arg}}
				}
				var p *Policy
				if inPolicy != nil {
					p = policyOf(Definition{row.Key: inPolicy})
				}
				s, _ := Resolve(Kind(k), table, p, nil)
				return s
			}
			want := func(v any) Settings {
				return with(Kind(k), func(s *Settings) {
					if v != nil {
						row.Set(s, v)
					}
					s.reconcile()
				})
			}
			expect := func(how string, got Settings, v any) {
				t.Helper()
				if !reflect.DeepEqual(got, want(v)) {
					t.Errorf("%s queue, %s%s, %s: %+v, want %+v", Kind(k), row.Argument, row.Key, how, got, want(v))
				}
			}
			if row.Argument != "" {
				if use.Position > 0 {
					expect("argument", resolve(argHigh, nil), high)
				} else {
					expect("foreign argument", resolve(argHigh, nil), nil)
				}
			}
			if row.Key == "" {
				continue
			}
			if use.Policy > Ignored {
				expect("policy", resolve(amqp.Value{}, high), high)
			} else {
				expect("ignored policy", resolve(amqp.Value{}, high), nil)
			}
			if use.Position == 0 || use.Policy <= Ignored {
				continue
			}
			lowHigh, highLow := resolve(argLow, high), resolve(argHigh, low)
			switch use.Policy {
			case Minimum:
				expect("minimum", lowHigh, low)
				expect("minimum", highLow, low)
			case Maximum:
				expect("maximum", lowHigh, high)
				expect("maximum", highLow, high)
			case ArgumentWins:
				expect("argument wins", lowHigh, low)
				expect("argument wins", highLow, high)
			case PolicyWins:
				expect("policy wins", lowHigh, high)
				expect("policy wins", highLow, low)
			}
		}
	}
}

// sampleValues returns two values that the row takes, the smaller first.
func sampleValues(row *Row) (low, high any) {
	c := row.Arg
	if c.Form == FormNone || c.Form == FormAny {
		c = row.Policy
	}
	switch c.Form {
	case FormInteger, FormCount:
		return int64(1), int64(2)
	case FormWord:
		return c.Words[0], c.Words[1]
	case FormFlag:
		return false, true
	case FormAge:
		return "1s", "2s"
	case FormNodes:
		return int64(2), int64(3)
	}
	return "a", "b"
}

func toWire(v any) amqp.Value {
	switch v := v.(type) {
	case int64:
		return amqp.Long(v)
	case bool:
		return amqp.Bool(v)
	default:
		return amqp.LongStr(v.(string))
	}
}

// TestResolve has the cases that a row alone does not show.
func TestResolve(t *testing.T) {
	tests := []struct {
		name     string
		kind     Kind
		args     amqp.Table
		policy   Definition
		operator Definition
		want     func(*Settings)
	}{
		{"nothing", Classic, nil, nil, nil, func(*Settings) {}},
		{"all three, smallest first", Classic, args("x-max-length", 1), Definition{"max-length": int64(2)}, Definition{"max-length": int64(3)},
			func(s *Settings) { s.MaxLength = 1 }},
		{"operator smallest", Classic, args("x-max-length", 3), Definition{"max-length": int64(2)}, Definition{"max-length": int64(1)},
			func(s *Settings) { s.MaxLength = 1 }},
		{"operator adds keys", Classic, nil, Definition{"overflow": "reject-publish"}, Definition{"max-length": int64(1)},
			func(s *Settings) { s.MaxLength, s.Overflow = 1, RejectPublish }},
		{"overflow on classic", Classic, args("x-overflow", "reject-publish"), Definition{"overflow": "drop-head"}, nil,
			func(s *Settings) { s.Overflow = RejectPublish }},
		{"overflow on quorum", Quorum, args("x-overflow", "reject-publish"), Definition{"overflow": "drop-head"}, nil,
			func(s *Settings) { s.Overflow = DropHead }},
		{"quorum does not do reject-publish-dlx", Quorum, args("x-overflow", "reject-publish-dlx"), nil, nil,
			func(s *Settings) { s.Overflow = DropHead }},
		{"classic does", Classic, args("x-overflow", "reject-publish-dlx"), nil, nil,
			func(s *Settings) { s.Overflow = RejectPublishDLX }},
		{"key of one, exchange of the other", Classic, args(dlx, "x"), Definition{"dead-letter-routing-key": "k"}, nil,
			func(s *Settings) {
				s.DeadLetter, s.DeadLetterExchange, s.HasDeadLetterKey, s.DeadLetterKey = true, "x", true, "k"
			}},
		{"default exchange is one", Classic, args(dlx, "", dlk, ""), nil, nil,
			func(s *Settings) { s.DeadLetter, s.HasDeadLetterKey = true, true }},
		{"at least once", Quorum, args("x-dead-letter-strategy", "at-least-once", "x-overflow", "reject-publish"), nil, nil,
			func(s *Settings) { s.DeadLetterStrategy, s.Overflow = "at-least-once", RejectPublish }},
		{"at least once needs reject-publish", Quorum, args("x-dead-letter-strategy", "at-least-once"), nil, nil,
			func(s *Settings) { s.DeadLetterStrategy = "at-most-once" }},
		{"delivery limit that is none", Quorum, args("x-delivery-limit", "abc"), Definition{"delivery-limit": int64(5)}, nil,
			func(s *Settings) { s.DeliveryLimit = 5 }},
		{"negative delivery limit", Quorum, args("x-delivery-limit", -1), nil, Definition{"delivery-limit": int64(5)},
			func(s *Settings) { s.DeliveryLimit = 5 }},
		{"negative delivery limit alone", Quorum, args("x-delivery-limit", -1), nil, nil, func(*Settings) {}},
		{"mirrors", Classic, nil, Definition{"ha-mode": "nodes", "ha-params": []any{"a", "b"}, "ha-sync-mode": "manual",
			"ha-sync-batch-size": int64(5), "ha-promote-on-failure": "always", "ha-promote-on-shutdown": "always"}, nil,
			func(s *Settings) {
				s.HAMode, s.HAParams, s.HASyncMode, s.HASyncBatchSize = "nodes", []string{"a", "b"}, "manual", 5
				s.HAPromoteOnFailure, s.HAPromoteOnShutdown = "always", "always"
			}},
		{"operator raises min in sync", Classic, args("x-ha-min-in-sync", 1), Definition{"ha-mode": "all", "ha-min-in-sync": int64(2)},
			Definition{"ha-min-in-sync": int64(3)}, func(s *Settings) { s.HAMode, s.HAMinInSync = "all", 3 }},
		{"operator does not lower it", Classic, nil, Definition{"ha-mode": "all", "ha-min-in-sync": int64(2)},
			Definition{"ha-min-in-sync": int64(1)}, func(s *Settings) { s.HAMode, s.HAMinInSync = "all", 2 }},
		{"majority", Classic, args("x-ha-min-in-sync", "majority"), nil, nil,
			func(s *Settings) { s.HAMinInSync = MinInSyncMajority }},
		{"stream", Stream, args("x-max-age", "1h", "x-max-length-bytes", 5), Definition{"max-age": "1m", "max-length-bytes": int64(9)}, nil,
			func(s *Settings) { s.MaxAge, s.MaxBytes = 60_000, 9 }},
	}
	for _, test := range tests {
		got, _ := Resolve(test.kind, test.args, policyOf(test.policy), policyOf(test.operator))
		if want := with(test.kind, test.want); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", test.name, got, want)
		}
	}
}

func TestEffectiveDefinition(t *testing.T) {
	p := policyOf(Definition{"max-length": int64(2), "overflow": "drop-head", "ha-min-in-sync": int64(2)})
	operator := policyOf(Definition{"max-length": int64(1), "expires": int64(5), "ha-min-in-sync": "majority"})
	tests := []struct {
		p, operator *Policy
		want        Definition
	}{
		{nil, nil, nil},
		{p, nil, p.Definition},
		{nil, operator, operator.Definition},
		{p, operator, Definition{"max-length": int64(1), "overflow": "drop-head", "expires": int64(5), "ha-min-in-sync": "majority"}},
	}
	for _, test := range tests {
		if _, got := Resolve(Classic, nil, test.p, test.operator); !reflect.DeepEqual(got, test.want) {
			t.Errorf("got %v, want %v", got, test.want)
		}
	}
}

func TestResolveExchange(t *testing.T) {
	p := policyOf(Definition{"alternate-exchange": "from-policy"})
	for _, test := range []struct {
		args amqp.Table
		p    *Policy
		want string
		has  bool
	}{
		{nil, nil, "", false},
		{nil, p, "from-policy", true},
		{args("alternate-exchange", "from-argument"), p, "from-argument", true},
		{args("alternate-exchange", ""), nil, "", true},
		{args("x-max-length", 1), nil, "", false},
	} {
		if s := ResolveExchange(test.args, test.p); s.AlternateExchange != test.want || s.HasAlternate != test.has {
			t.Errorf("%v: %q %t", test.args, s.AlternateExchange, s.HasAlternate)
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			Resolve(Classic, nil, nil, nil)
		}
	})
	b.Run("policies", func(b *testing.B) {
		table := args("x-max-length", 100, dlx, "x")
		p, operator := policyOf(Definition{"max-length": int64(50), "ha-mode": "all"}), policyOf(Definition{"expires": int64(1000)})
		b.ReportAllocs()
		for b.Loop() {
			Resolve(Classic, table, p, operator)
		}
	})
}
