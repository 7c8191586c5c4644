import { Tabs } from "@mantine/core";
import type { Source } from "../../api/queries/sources";
import { CodeBlock } from "../../components/Code";
import { senderOf, snippets } from "./snippets";
import classes from "./sources.module.css";

interface Props {
  source: Source;
  library: string | undefined;
  onLibrary: (library: string) => void;
}

export function SourceCode({ source, library, onLibrary }: Props) {
  const all = snippets({ origin: window.location.origin, writeKey: source.writeKeys[0] ?? "" });
  const first = senderOf(source.metadata.id).snippet;
  const shown = all.find((snippet) => snippet.id === library) ?? all.find((snippet) => snippet.id === first);
  return (
    <Tabs
      value={shown?.id ?? null}
      onChange={(value) => value && onLibrary(value)}
      keepMounted={false}
      variant="pills"
      aria-label="Libraries"
    >
      <Tabs.List mb={12}>
        {all.map((snippet) => (
          <Tabs.Tab key={snippet.id} value={snippet.id} fz={12} py={5} px={10}>
            {snippet.label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {all.map((snippet) => (
        <Tabs.Panel key={snippet.id} value={snippet.id}>
          <div className={classes.main}>
            {snippet.install ? <CodeBlock code={snippet.install} label="Install" /> : null}
            <CodeBlock code={snippet.code} label={`${snippet.label} code`} />
            {snippet.note ? <p className={classes.note}>{snippet.note}</p> : null}
          </div>
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
