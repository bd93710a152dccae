package conformance

import (
	"fmt"
	"strings"

	"stipple/protocol"
)

// came says what has arrived since mark: live frames as a count, others by
// their content.
func (t *trial) came(mark int) string {
	list, _, _ := t.s.line.since(mark)
	const most = 4 // more would hide the first line
	var words []string
	live := 0
	state := protocol.State(0)
	for _, a := range list {
		if s, ok := a.msg.(*protocol.Status); ok {
			state = s.State
		}
		if a.Lane == protocol.LaneLive {
			live++
		} else if len(words) < most {
			words = append(words, describe(a))
		}
	}
	if live > 0 {
		words = append(words, fmt.Sprintf("%d live frames", live))
	}
	if state != 0 {
		words = append(words, "the newest STATUS says "+state.String())
	}
	if len(words) == 0 {
		return "nothing at all came"
	}
	return "came: " + strings.Join(words, "; ")
}

// describe is a frame in words.
func describe(a arrival) string {
	text := describeMessage(a.msg)
	if a.msg == nil {
		text = fmt.Sprintf("%v with %d bytes of payload that do not decode", a.Type, len(a.payload))
	}
	if a.Flags&protocol.HasAck != 0 {
		text += fmt.Sprintf(" (ack %d)", a.Ack)
	}
	return text
}

// describeMessage is a message in words, with what decides about it.
func describeMessage(m protocol.Message) string {
	switch m := m.(type) {
	case nil:
		return "nothing"
	case *protocol.Rejected:
		return fmt.Sprintf("REJECTED %v %s, field %d, bound %d", m.Request, m.Code, m.Field, m.Bound)
	case *protocol.Result:
		text := fmt.Sprintf("RESULT %s", m.Outcome)
		if m.Code != protocol.CodeOK {
			text += " " + m.Code.String()
		}
		if m.ArmBlocks != 0 {
			text += ", arm blocks " + strings.Join(m.ArmBlocks.Names(), ", ")
		}
		return text
	case *protocol.Status:
		return describeStatus(*m)
	case *protocol.Event:
		return fmt.Sprintf("EVENT %d, arguments %d and %d", m.Code, m.Args[0], m.Args[1])
	case *protocol.TipInfo:
		return fmt.Sprintf("TIP_INFO of tip %d, %d pins", m.ID, m.Pins)
	case *protocol.DescriptorChunk:
		return fmt.Sprintf("DESCRIPTOR_CHUNK of %d bytes from %d", len(m.Data), m.Offset)
	case *protocol.HelloAck:
		return fmt.Sprintf("HELLO_ACK with nonce %#x, session %#x, boot %d", m.Nonce, m.Session, m.Boot)
	case *protocol.Stopped:
		return fmt.Sprintf("STOPPED with nonce %#x, needle back %v", m.Nonce, m.NeedleBack)
	case *protocol.SettingsReply:
		return fmt.Sprintf("SETTINGS applied %v, generation %d, values %v, verdicts %s", m.Applied, m.Generation, m.Values, verdicts(m.Verdicts))
	}
	return fmt.Sprintf("%v %+v", m.Type(), m)
}

func describeStatus(s protocol.Status) string {
	text := "STATUS " + s.State.String()
	if s.Fault != protocol.FaultNone {
		text += ", fault " + s.Fault.String()
	}
	if s.ArmID != 0 {
		text += fmt.Sprintf(", arm id %#x", s.ArmID)
	}
	if s.ArmBlocks != 0 {
		text += ", arm blocks " + strings.Join(s.ArmBlocks.Names(), ", ")
	}
	return text
}

func verdicts(list []protocol.Verdict) string {
	var words []string
	for _, v := range list {
		words = append(words, fmt.Sprintf("%d: %s bound %d", v.Index, v.Code, v.Bound))
	}
	return "[" + strings.Join(words, ", ") + "]"
}
