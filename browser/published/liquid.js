// Stands for the templates of mappings, whose library would be most of each plugin.

export class Liquid {
  registerFilter() {}

  registerTag() {}

  parse() { throw new Error('templates are not available on pages') }

  parseAndRenderSync() { throw new Error('templates are not available on pages') }
}
