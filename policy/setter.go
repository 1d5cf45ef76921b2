package policy

// Setter puts a value in force into its place in Settings. The value may come
// from an argument that nobody checked (x-delivery-limit), so a value of
// another type changes nothing. Negative numbers mean "not set".
type Setter func(s *Settings, v any)

func whole(field func(*Settings) *int64) Setter {
	return func(s *Settings, v any) {
		if n, ok := v.(int64); ok && n >= 0 {
			*field(s) = n
		}
	}
}

func count(set func(*Settings, int)) Setter {
	return func(s *Settings, v any) {
		if n, ok := v.(int64); ok && n >= 0 {
			set(s, int(n))
		}
	}
}

func text(set func(*Settings, string)) Setter {
	return func(s *Settings, v any) {
		if word, ok := v.(string); ok {
			set(s, word)
		}
	}
}

func flag(set func(*Settings, bool)) Setter {
	return func(s *Settings, v any) {
		if on, ok := v.(bool); ok {
			set(s, on)
		}
	}
}

func setOverflow(s *Settings, name string) {
	for o := range overflowNames {
		if overflowNames[o] == name {
			s.Overflow = Overflow(o)
		}
	}
}

func setParams(s *Settings, v any) {
	switch v := v.(type) {
	case int64:
		s.HAParams = v
	case []any:
		nodes := make([]string, 0, len(v))
		for _, node := range v {
			if name, ok := node.(string); ok {
				nodes = append(nodes, name)
			}
		}
		s.HAParams = nodes
	}
}

func setMinInSync(s *Settings, v any) {
	switch v := v.(type) {
	case int64:
		s.HAMinInSync = int(v)
	case string:
		s.HAMinInSync = MinInSyncMajority
	}
}
