package audit

import (
	"context"

	"stipple/app/clinical"
)

// Actor is on whose behalf something is done, and why.
type Actor struct {
	Operator clinical.Operator
	Second   clinical.Operator // who signed it, too; zero: nobody had to
	Why      string            // nothing about a patient
}

type actorKey struct{}

// By is a context in which a is at work: what is written under it is a's.
func By(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// Who is at work in a context; nobody if it does not tell.
func Who(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}
