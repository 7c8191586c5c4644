// Stands for the parts of Amplitude's SDK that look at pages by themselves. The plugin switches them
// off, so they need not be loaded.

const unused = () => { throw new Error('this part of the SDK is not in the plugin') }

export {
  unused as autocapturePlugin, unused as customEnrichmentPlugin, unused as eventPropertyTrackingPlugin,
  unused as frustrationPlugin, unused as pageUrlEnrichmentPlugin, unused as pageViewTrackingPlugin,
  unused as performancePlugin, unused as plugin, unused as webVitalsPlugin,
}
