package pages

import (
	"stipple/app/console"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// exportFile writes a file of one patient, such as for themselves, and says what came
// of it.
func (p *Patients) exportFile(what console.TableExport) {
	e := p.env
	answer := p.answers()
	e.Desk.ExportTable(what, nil, func(out console.Exported, err error) {
		answer(func() {
			if err != nil {
				e.note(e.t("exchange.not_written"), []widgets.Run{widgets.Plain(e.Words.Error(err).Text())})
				return
			}
			p.out.reason = ""
			e.note(e.t("exchange.written"), []widgets.Run{
				widgets.Plain(words.Foreign(out.Path)), widgets.Muted(e.Words.N("exchange.records", out.Records)), widgets.Muted(e.t("exchange.written.readable")),
			})
		})
	})
}
