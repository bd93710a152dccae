package pages

import (
	"time"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// operatorSheet is who works in the clinic.
type operatorSheet struct {
	env     *Env
	asked   int // the newest question for the list
	staff   clinical.Staff
	list    *widgets.RowList
	card    *widgets.Card
	content *fyne.Container
}

var _ sheet = (*operatorSheet)(nil)

func newOperators(env *Env) *operatorSheet {
	s := &operatorSheet{env: env}
	s.list = widgets.NewRowList(env.Keys, nil, nil)
	env.name(s.list, "list", "clinic.operators")
	s.card = widgets.NewCard(s.list, 1)
	s.content = arrange(fyne.NewSize(400, 300), s.layout, s.card)
	return s
}

func (s *operatorSheet) label() string                   { return "clinic.tab.operators" }
func (s *operatorSheet) permission() clinical.Permission { return clinical.PermitOperators }
func (s *operatorSheet) object() fyne.CanvasObject       { return s.content }
func (s *operatorSheet) show(*console.View)              {}
func (s *operatorSheet) tick(time.Time)                  {}

// enter reads the list anew.
func (s *operatorSheet) enter() {
	s.asked++
	mine := s.asked
	s.set(nil, "")
	s.env.Desk.Staff(func(all clinical.Staff, err error) {
		s.env.Do(func() {
			switch {
			case mine != s.asked:
			case err != nil:
				s.set(nil, s.env.Words.Error(err).What)
			default:
				s.set(all, "")
			}
		})
	})
}

func (s *operatorSheet) set(all clinical.Staff, failed string) {
	s.staff = all
	rows := make([]widgets.Row, len(all))
	for i, o := range all {
		rows[i] = widgets.Row{
			Key:   string(o.ID),
			Title: []widgets.Run{widgets.Strong(o.Name)},
			Sub:   []widgets.Run{widgets.Small(s.env.Words.Or("role."+string(o.Role), string(o.Role)))},
		}
	}
	s.list.Set(rows, failed)
}

func (s *operatorSheet) layout(size fyne.Size) {
	place(s.card, 0, 0, size.Width, size.Height-stopRoom)
}

func (s *operatorSheet) states(into map[string]string) {
	into["clinic.operators"] = words.Count(len(s.staff))
}
