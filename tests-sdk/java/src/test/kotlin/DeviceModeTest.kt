// Segment's Kotlin library, as apps have it, with a device-mode plugin for Amplitude in it: what the
// settings tell the plugin, and what the server then leaves to it.

import com.google.gson.JsonObject as Json
import com.segment.analytics.kotlin.core.Analytics
import com.segment.analytics.kotlin.core.BaseEvent
import com.segment.analytics.kotlin.core.Configuration
import com.segment.analytics.kotlin.core.RequestFactory
import com.segment.analytics.kotlin.core.Settings
import com.segment.analytics.kotlin.core.TrackEvent
import com.segment.analytics.kotlin.core.platform.DestinationPlugin
import com.segment.analytics.kotlin.core.platform.Plugin
import java.net.HttpURLConnection
import java.nio.file.Path
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** Stands for an app's Amplitude bundle: it takes its settings and its events as the library gives them. */
private class AmplitudeBundle : DestinationPlugin() {
    override val key = "Amplitude"
    /** The library is ready. */
    val started = CompletableFuture<Unit>()
    val settings = CompletableFuture<JsonObject>()
    val tracked = CompletableFuture<String>()

    override fun update(settings: Settings, type: Plugin.UpdateType) {
        super.update(settings, type)
        (settings.integrations[key] as? JsonObject)?.let(this.settings::complete)
        started.complete(Unit)
    }

    override fun track(payload: TrackEvent): BaseEvent {
        tracked.complete(payload.event)
        return payload
    }
}

/** The library asks by HTTPS only; the server of a test has none. */
private class PlainHttp : RequestFactory() {
    override fun openConnection(url: String): HttpURLConnection = super.openConnection(url.replace("https://", "http://"))
}

class DeviceModeTest {
    private lateinit var server: Sluice

    @BeforeEach
    fun start(@TempDir data: Path) {
        server = Sluice(data)
    }

    @AfterEach
    fun end() = server.end()

    private fun amplitude(source: Json, settings: String): Json = server.api(
        "POST", "/destinations",
        """{"sourceId": ${source["id"]}, "metadataId": "amplitude", "settings": $settings}""",
    ).getAsJsonObject("destination")

    private fun app(source: Json, bundle: AmplitudeBundle): Analytics {
        val host = server.url.removePrefix("http://")
        val key = source.getAsJsonArray("writeKeys")[0].asString
        val settings = Configuration(key, application = "app", cdnHost = "$host/v1", apiHost = "$host/v1",
            flushAt = 1, autoAddSegmentDestination = true, requestFactory = PlainHttp())
        return Analytics(settings).also { it.add(bundle) }
    }

    private fun filtered(destination: Json): Json = server.until<Json?>("what became of the event") {
        val all = server.api("GET", "/deliveries", null).getAsJsonArray("deliveries")
        all.map { it.asJsonObject }
            .firstOrNull { it["destinationId"] == destination["id"] && it["received"].asInt == 1 && it["waiting"].asInt == 0 }
            ?.getAsJsonObject("filtered")
    }!!

    @Test
    fun theBundleFindsEverySettingAndTheServerLeavesItsEventsAlone() {
        val source = server.createSource("app")
        val destination = amplitude(source, """{"apiKey": "public", "connectionMode": "device", "serverUrl": "http://localhost:9",
            "trackAllPagesV2": true, "useLogRevenueV2": false, "useAdvertisingIdForDeviceId": true,
            "eventUploadPeriodMillis": 5000, "traitsToIncrement": ["visits"], "groupTypeTrait": "kind"}""")
        val bundle = AmplitudeBundle()
        val app = app(source, bundle)
        val given = bundle.settings.get(20, TimeUnit.SECONDS)
        val text = { key: String -> given.getValue(key).toString().trim('"') }
        assertEquals(
            listOf("public", "true", "false", "true", "5000", "[\"visits\"]", "kind"),
            listOf("apiKey", "trackAllPagesV2", "useLogRevenueV2", "useAdvertisingIdForDeviceId", "eventUploadPeriodMillis",
                "traitsToIncrement", "groupTypeTrait").map(text),
        )
        // Those that were not set have the values of Segment's catalogue.
        assertEquals(
            listOf("false", "true", "30", "[]", "", "false"),
            listOf("trackAllPages", "enableLocationListening", "eventUploadThreshold", "traitsToSetOnce", "groupValueTrait",
                "trackSessionEvents").map(text),
        )
        assertFalse("secretKey" in given)
        app.track("Opened")
        assertEquals("Opened", bundle.tracked.get(20, TimeUnit.SECONDS))
        app.flush()
        assertEquals("{\"MESSAGE_SENT_CLIENT_SIDE\":1}", filtered(destination).toString())
    }

    @Test
    fun inCloudModeTheBundleRests() {
        val source = server.createSource("app")
        val destination = amplitude(source, """{"apiKey": "public", "serverUrl": "http://localhost:9"}""")
        val bundle = AmplitudeBundle()
        val app = app(source, bundle)
        bundle.started.get(20, TimeUnit.SECONDS)
        app.track("Opened")
        app.flush()
        server.until("the event") { server.api("GET", "/ledger", null).toString().takeIf { "\"accepted\":1" in it } }
        assertFalse(bundle.settings.isDone)
        assertFalse(bundle.tracked.isDone)
        val all = server.api("GET", "/deliveries", null).getAsJsonArray("deliveries")
        val mine = all.map { it.asJsonObject }.first { it["destinationId"] == destination["id"] }
        assertTrue(mine.getAsJsonObject("filtered").isEmpty, "$mine")
    }
}
