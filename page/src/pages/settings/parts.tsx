// What the lists of settings are made of: a form that makes one more, and the rows of those there are.
import { ActionIcon, Button } from "@mantine/core";
import { type UseQueryResult, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import type { FormEvent, ReactNode } from "react";
import { Refused } from "../../parts/Refused";
import { Answer, Empty } from "../../parts/states";
import style from "../SettingsPage.module.css";

export function Card({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={`${style.card} lf-card`} aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** One list of the conductor's: what there is, how one more is made and how one goes. */
export function useKept<Item, Input, Made>(key: string, calls: { list: () => Promise<{ items: Item[] }>; make: (input: Input) => Promise<Made>; remove: (id: string) => Promise<unknown> }) {
  const kept = useQueryClient();
  const onSuccess = () => kept.invalidateQueries({ queryKey: [key] });
  return {
    list: useQuery({ queryKey: [key], queryFn: calls.list }),
    making: useMutation({ mutationFn: calls.make, onSuccess }),
    removing: useMutation({ mutationFn: calls.remove, onSuccess }),
  };
}

interface MakingProps {
  title: string;
  does: ReactNode;
  made: { isPending: boolean; error: unknown };
  submit: () => void;
  inLine?: boolean;
  children: ReactNode;
  then?: ReactNode;
}

export function Making({ title, does, made, submit, inLine = false, children, then }: MakingProps) {
  const submitted = (event: FormEvent) => {
    event.preventDefault();
    submit();
  };
  return (
    <Card title={title}>
      <form className={inLine ? style.line : style.form} onSubmit={submitted}>
        {children}
        <Refused error={made.error} />
        <Button type="submit" loading={made.isPending}>
          {does}
        </Button>
      </form>
      {then}
    </Card>
  );
}

interface RowsProps<Item> {
  title: string;
  none: string;
  list: UseQueryResult<{ items: Item[] }>;
  idOf: (item: Item) => string;
  row: (item: Item) => ReactNode;
  /** What the button says; undefined: this one stays. */
  removes: (item: Item) => string | undefined;
  removing: { mutate: (id: string) => void; error: unknown };
}

export function Rows<Item>({ title, none, list, idOf, row, removes, removing }: RowsProps<Item>) {
  return (
    <Card title={title}>
      <Answer asked={list} what={title}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={none} />
          ) : (
            <ul className={style.rows}>
              {items.map((item) => (
                <li key={idOf(item)}>
                  <span>{row(item)}</span>
                  {removes(item) !== undefined && (
                    <ActionIcon variant="subtle" color="red" aria-label={removes(item)} onClick={() => removing.mutate(idOf(item))}>
                      <Trash2 size={16} />
                    </ActionIcon>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
      <Refused error={removing.error} />
    </Card>
  );
}
