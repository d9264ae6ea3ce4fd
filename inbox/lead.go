package inbox

// appoint tells the first who may to lead, if there is no transaction, or enough
// wait for another. When it has taken its share, it appoints the next. While some
// were parted, since they need what others hold, one leads at a time: it may be
// that leaders hold up each other. The caller holds the lock.
func (c *committer) appoint() {
	if len(c.waiting) == 0 || c.leaders > 0 && (c.leaders >= c.maxLeaders || c.parted > 0 || len(c.waiting) < c.share) {
		return
	}
	if first := c.choose(nil, 1, 1); len(first) > 0 {
		c.leaders++
		first[0].signal <- lead
	}
}

// take returns the batch of a leader: its own change, and its share of those that
// wait.
func (c *committer) take(own *change) []*change {
	c.mu.Lock()
	defer c.mu.Unlock()
	sharers := 1 + c.maxLeaders - c.leaders
	n := max((len(c.waiting)+sharers-1)/sharers, c.share)
	batch := append([]*change{own}, c.choose(own, n, c.maxBatch-1)...)
	c.appoint()
	return batch
}

// choose takes up to n changes out of the queue for the batch of a leader, and
// then those, up to most in all, that nobody else could take before it is done.
// If there is no leader, it is the first that is chosen. The caller holds the lock.
//
// Changes about one subject are never in two batches at once, where each would
// wait for the other with all that is in it, and those that wait come in turn:
// whoever is left has its subjects before those behind. A change that was parted is
// no longer among them.
func (c *committer) choose(leader *change, n, most int) []*change {
	n = min(n, most)
	if c.maxLeaders == 1 { // there is no other batch
		n = min(most, len(c.waiting))
		chosen := c.waiting[:n:n]
		if c.waiting = c.waiting[n:]; len(c.waiting) == 0 {
			c.waiting = nil // which would keep those who waited
		}
		return chosen
	}
	if c.engaged == nil {
		c.engaged = make(map[subject]*change)
	}
	var chosen []*change
	kept := make(map[subject]bool) // for those who are left
	left := c.waiting[:0]
	for i, ch := range c.waiting {
		if len(chosen) == most || i == farthest {
			left = append(left, c.waiting[i:]...)
			break
		}
		held, ours := false, false
		for s := range ch.subjects {
			by := c.engaged[s]
			held = held || kept[s] || by != nil && by != leader
			ours = ours || by != nil && by == leader
		}
		if held || len(chosen) >= n && !ours {
			left = append(left, ch)
			for s := range ch.subjects {
				kept[s] = true
			}
			continue
		}
		if chosen = append(chosen, ch); leader == nil {
			leader = ch
		}
		for s := range ch.subjects {
			c.engaged[s] = leader
		}
	}
	clear(c.waiting[len(left):])
	c.waiting = left
	return chosen
}

// farthest is how many changes of the queue a leader looks at.
const farthest = 512

// release notes that a batch has ended. The caller holds the lock.
func (c *committer) release(batch []*change) {
	c.leaders--
	for _, ch := range batch {
		for s := range ch.subjects {
			delete(c.engaged, s)
		}
	}
}
