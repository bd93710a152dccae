package console

import (
	"context"

	"stipple/app/clinical"
)

// Staff lists who works in the clinic, in the order in which they came.
func (d *Desk) Staff(done func([]clinical.Operator, error)) {
	read(d, clinical.PermitOperators, nil, func(ctx context.Context) (func() []clinical.Operator, error) {
		all, err := d.cfg.Staff.Operators(ctx)
		return func() []clinical.Operator { return all }, err
	}, done)
}
