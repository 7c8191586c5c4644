// What people write in Markdown: headings, lists, emphasis, links. HTML in it stays text.

import MarkdownToJsx from "markdown-to-jsx/react";
import classes from "./Markdown.module.css";

export function Markdown({ text }: { text: string }) {
  return (
    <MarkdownToJsx
      className={classes.markdown}
      options={{
        wrapper: "div",
        forceWrapper: true,
        forceBlock: true,
        disableParsingRawHTML: true,
        overrides: {
          // The page has its one heading of the first level.
          h1: { component: "h2" },
          a: { props: { rel: "noreferrer", target: "_blank" } },
          // Nothing is asked of another host.
          img: () => null,
        },
      }}
    >
      {text}
    </MarkdownToJsx>
  );
}
