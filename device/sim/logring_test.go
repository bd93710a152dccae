package sim

import (
	"stipple/protocol"
)

// readLog reads the whole log over the link.
func (c *console) readLog() []protocol.LogRecord {
	c.t.Helper()
	var list []protocol.LogRecord
	for from := uint32(1); ; {
		page, ok := c.ask(&protocol.LogRead{From: from, Max: 255}).(*protocol.LogPage)
		if !ok {
			c.t.Fatalf("LOG_READ got %#v", page)
		}
		if len(page.Records) == 0 {
			return list
		}
		list = append(list, page.Records...)
		from = list[len(list)-1].Index + 1
	}
}
