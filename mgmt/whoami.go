package mgmt

// whoami answers GET /api/whoami.
func whoami(c *call) error {
	return c.item(obj(m("name", str(c.user.Name)), m("tags", strs(c.user.Tags))))
}

// authSettings answers GET /api/auth, which a console asks before anybody has
// logged in.
func authSettings(c *call) error {
	return c.item(obj(m("enable_uaa", flag(false)), m("uaa_client_id", str("")), m("uaa_location", str(""))))
}
