package record

import (
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// Inbound is a channel.Inbound with the names that its fields have as JSON.
type Inbound struct {
	ProviderID      string            `json:"provider_id"`
	From            channel.Address   `json:"from"`
	To              channel.Address   `json:"to"`
	Text            string            `json:"text"`
	Media           []channel.Media   `json:"media,omitempty"`
	Location        *channel.Location `json:"location,omitempty"`
	Button          *channel.Button   `json:"button,omitempty"`
	ReplyTo         *channel.ReplyTo  `json:"reply_to,omitempty"`
	Referral        *channel.Referral `json:"referral,omitempty"`
	ProfileName     string            `json:"profile_name,omitempty"`
	UserID          string            `json:"user_id,omitempty"`
	Forwarded       bool              `json:"forwarded,omitempty"`
	Region          string            `json:"region,omitempty"`
	Keyword         channel.Keyword   `json:"keyword,omitempty"`
	ProviderReplied bool              `json:"provider_replied,omitempty"`
	SentAt          time.Time         `json:"sent_at,omitzero"`
	Late            bool              `json:"late,omitempty"`
	Problems        []string          `json:"problems,omitempty"`
	Raw             map[string]string `json:"raw,omitempty"`
}
