package app

import (
	"context"
	"errors"
	"fmt"

	"stipple/app/coded"
	"stipple/app/store"
)

// trainingSetting marks a store as one for training. It is written when the
// store is made and never changed: a store is either for real records or for
// simulated ones.
const trainingSetting = "training"

// ErrRealStore means that a simulated pen was asked for on a store with real
// records.
var ErrRealStore = coded.New("real_store", "this store holds real records; a simulated pen works only with a training store (leave out --data, or name an empty folder)")

// errOpenToAll means that a store with real records lies beside open keys, where nobody
// signs in.
var errOpenToAll = coded.New("open_to_all", "this store holds real records, and its keys lie open beside it")

// errNoSignIn means that a store that somebody signed in to is open to all now.
var errNoSignIn = coded.New("sign_in_gone", "this folder's store had a sign-in, and has none any more")

// mayTrain says whether a store may be one for training: it is marked as one, or was
// never marked and is empty.
func mayTrain(mark []byte, patients bool) bool {
	return len(mark) == 1 && mark[0] == 1 || mark == nil && !patients
}

// markTraining settles what kind of store s is: wanted decides for a store that
// is still empty, otherwise what was written then. It fills a new training
// store with the sample clinic.
func markTraining(ctx context.Context, s *store.Store, wanted bool) (training bool, err error) {
	mark, err := s.Setting(ctx, trainingSetting)
	switch {
	case err == nil && len(mark) == 1:
		training = mark[0] == 1
	case err == nil || errors.Is(err, store.ErrNotFound):
		if training, err = firstMark(ctx, s, wanted); err != nil {
			return false, err
		}
	default:
		return false, fmt.Errorf("read the store's kind: %w", err)
	}
	if wanted && !training {
		return false, ErrRealStore
	}
	return training, nil
}

func firstMark(ctx context.Context, s *store.Store, wanted bool) (bool, error) {
	_, total, err := s.SearchPatients(ctx, "", 1)
	if err != nil {
		return false, fmt.Errorf("look into the store: %w", err)
	}
	training := wanted && total == 0
	if training {
		if err := store.SeedSampleClinic(ctx, s); err != nil {
			return false, fmt.Errorf("fill the training store: %w", err)
		}
	}
	mark := []byte{0}
	if training {
		mark[0] = 1
	}
	if err := s.SaveSetting(ctx, trainingSetting, mark); err != nil {
		return false, fmt.Errorf("mark the store: %w", err)
	}
	return training, nil
}
