// What somebody sends and no page expects breaks that page alone: the way to the others stays.
import { Alert } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { Said } from "./Said";

interface Props {
  /** Where one is: elsewhere it is tried again. */
  at: string;
  children: ReactNode;
}

export class Boundary extends Component<Props, { error?: unknown }> {
  override state: { error?: unknown } = {};

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override componentDidUpdate(before: Props): void {
    if (before.at !== this.props.at && this.state.error !== undefined) this.setState({ error: undefined });
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <Alert color="red" title="This page cannot be shown" role="alert">
        What was answered is not made as it should be: <Said text={error instanceof Error ? error.message : error} />. Load the page again; if it stays so, tell whoever keeps the conductor.
      </Alert>
    );
  }
}
