package store

// damage tells that something on disk is not what was written. The store goes on with
// the rest.
func (s *Store) damage(segment, off uint32, what string) {
	s.stats.damaged.Add(1)
	s.logger.Error("damage in the log", "segment", segment, "offset", off, "what", what)
}

// skipDamage tells that sc met something that does not check out, and moves it to the
// next whole record.
func (s *Store) skipDamage(sc *scanner, doing string) error {
	from := sc.off
	if err := sc.resync(); err != nil {
		return err
	}
	s.stats.damaged.Add(1)
	s.logger.Error("damage in the log: records are lost", "while", doing, "segment", sc.segment,
		"from", from, "to", sc.off, "octets", sc.off-from)
	return nil
}
