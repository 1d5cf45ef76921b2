package policy

// LimitScope is what a limit is set on.
type LimitScope uint8

// The scopes of limits.
const (
	VhostLimits LimitScope = iota
	UserLimits
)

// limitScopeNames are the names that texts give the scopes.
var limitScopeNames = [...]string{VhostLimits: "limits", UserLimits: "user-limits"}

// Limit is a number that an administrator may set on a virtual host or a user.
// A negative value means that there is no limit.
type Limit struct {
	Scope LimitScope
	Name  string
	Doc   string // one sentence for users
}

// Limits is every limit there is. It is read only.
var Limits = []Limit{
	{VhostLimits, "max-connections", "Connections that may be open to the virtual host at once."},
	{VhostLimits, "max-queues", "Queues that the virtual host may hold."},
	{UserLimits, "max-connections", "Connections that the user may have open at once."},
	{UserLimits, "max-channels", "Channels that the user may have open at once, over all connections."},
}

// ValidateLimits checks a set of limits as it comes out of JSON. The error is
// an *InvalidError.
func ValidateLimits(scope LimitScope, limits map[string]any) error {
	known := map[string]bool{}
	var faults []string
	for _, limit := range Limits {
		if limit.Scope != scope {
			continue
		}
		known[limit.Name] = true
		v, there := limits[limit.Name]
		if !there {
			continue
		}
		if _, isWhole := Normalise(v).(int64); !isWhole {
			faults = append(faults, limit.Name+" should be a number, actually was "+term(Normalise(v)))
		}
	}
	var unknown []string
	for _, name := range sortedKeys(limits) {
		if !known[name] {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		text := "Unrecognised terms " + pairsTerm(limits, unknown) + " in " + limitScopeNames[scope]
		faults = append([]string{text}, faults...)
	}
	if len(faults) > 0 {
		return &InvalidError{faults}
	}
	return nil
}
