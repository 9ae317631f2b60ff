// Package tasks runs the tasks that others put into a table of PostgreSQL. It is
// here twice: as it asked for them once a second, and as the database tells of them.
package tasks

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A Task is something to do.
type Task struct {
	ID   int64
	Name string
}

// Do does a task. If it fails the task stays where it is, and the runner ends.
type Do func(ctx context.Context, t Task) error

// Create makes the table, and the trigger that tells of what is inserted. A
// notification is sent when the transaction that inserts is committed, so who is
// told finds the task.
func Create(ctx context.Context, pool *pgxpool.Pool) error {
	_, err := pool.Exec(ctx, `
		CREATE TABLE tasks (
			id   bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
			name text    NOT NULL,
			done boolean NOT NULL DEFAULT false
		);
		CREATE INDEX ON tasks (id) WHERE NOT done;
		CREATE FUNCTION tell_of_tasks() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			PERFORM pg_notify(TG_TABLE_SCHEMA || '_tasks', '');
			RETURN NULL;
		END $$;
		CREATE TRIGGER tell AFTER INSERT ON tasks FOR EACH STATEMENT EXECUTE FUNCTION tell_of_tasks();
	`)
	return err
}

// Add adds a task.
func Add(ctx context.Context, pool *pgxpool.Pool, name string) error {
	_, err := pool.Exec(ctx, `INSERT INTO tasks (name) VALUES ($1)`, name)
	return err
}

// runAll does the tasks that there are.
func runAll(ctx context.Context, conn *pgxpool.Conn, do Do) error {
	for {
		if err := runOne(ctx, conn, do); errors.Is(err, pgx.ErrNoRows) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// runOne does the first task that no other runner is doing. It is done when do has
// returned, and not when the runner has died in it.
func runOne(ctx context.Context, conn *pgxpool.Conn, do Do) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var t Task
		err := tx.QueryRow(ctx, `
			UPDATE tasks SET done = true WHERE id = (
				SELECT id FROM tasks WHERE NOT done ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
			) RETURNING id, name`).Scan(&t.ID, &t.Name)
		if err != nil {
			return err
		}
		return do(ctx, t)
	})
}
