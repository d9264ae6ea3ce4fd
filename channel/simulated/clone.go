package simulated

import (
	"maps"
	"slices"

	"github.com/teaminbox/teaminbox/channel"
)

// What comes in and goes out shares no memory with what the carrier keeps.

func cloneInbound(m channel.Inbound) channel.Inbound {
	m.Media = slices.Clone(m.Media)
	m.Location = clonePointer(m.Location)
	m.Button = clonePointer(m.Button)
	m.ReplyTo = clonePointer(m.ReplyTo)
	m.Referral = clonePointer(m.Referral)
	m.Problems = slices.Clone(m.Problems)
	m.Raw = maps.Clone(m.Raw)
	return m
}

func cloneOutbound(m channel.Outbound) channel.Outbound {
	m.Media = slices.Clone(m.Media)
	m.Template = cloneTemplate(m.Template)
	return m
}

func (m Message) clone() Message {
	m.Media = slices.Clone(m.Media)
	m.Template = cloneTemplate(m.Template)
	m.Location = clonePointer(m.Location)
	m.Button = clonePointer(m.Button)
	return m
}

func cloneTemplate(t *channel.Template) *channel.Template {
	t = clonePointer(t)
	if t != nil {
		t.Variables = maps.Clone(t.Variables)
	}
	return t
}

func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
