import Foundation
import Synchronization

/// A headless Firefox in a namespace, driven by WebDriver BiDi.
final class Firefox: Sendable {
    /// A message's number and what it was answered with; the connection carries one at a time.
    private struct Connection: ~Copyable {
        var socket: WebSocket
        var lastNumber = 0
    }

    private struct Command<Parameters: Encodable>: Encodable {
        var id: Int
        var method: String
        var params: Parameters
    }

    private struct Envelope: Decodable {
        var id: Int?
        var error: String?
        var message: String?
    }

    private struct Answer<Result: Decodable>: Decodable { var result: Result }
    private struct Nothing: Codable {}
    private static let port: UInt16 = 9222

    private let connection: Mutex<Connection>

    static func start(_ scenario: Scenario, in namespace: Namespace) async throws -> Firefox {
        guard let browser = InteropEnvironment.firefox else {
            throw ChildProcess.Failure(description: "no firefox on this machine")
        }
        let profile = "\(scenario.folder)/firefox-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: profile, withIntermediateDirectories: true)
        try preferences.write(toFile: "\(profile)/user.js", atomically: true, encoding: .utf8)
        let process = try scenario.start(
            "firefox",
            [browser, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "\(port)"],
            in: namespace, environment: ["HOME": scenario.folder, "MOZ_CRASHREPORTER_DISABLE": "1"])
        let socket = try await eventually("Firefox listens", within: .seconds(30)) {
            if let code = process.exitCode { throw ChildProcess.Failure(description: "firefox ended: \(code)") }
            return try WebSocket("127.0.0.1", port: port, path: "/session", in: namespace)
        }
        let firefox = Firefox(socket)
        struct Capabilities: Encodable { var capabilities = Nothing() }
        let _: Nothing = try firefox.call("session.new", Capabilities())
        return firefox
    }

    private init(_ socket: sending WebSocket) {
        connection = Mutex(Connection(socket: socket))
    }

    /// Opens a page of its own window.
    func open(_ url: String) async throws -> Page {
        struct Create: Encodable { var type = "window" }
        struct Created: Decodable { var context: String }
        struct Navigate: Encodable {
            var context: String
            var url: String
            var wait = "complete"
        }
        let created: Created = try call("browsingContext.create", Create())
        let _: Nothing = try call("browsingContext.navigate", Navigate(context: created.context, url: url))
        return Page(context: Context(firefox: self, context: created.context))
    }

    /// Where scripts run: a page.
    private struct Context: ScriptContext {
        let firefox: Firefox
        let context: String

        private struct Evaluate: Encodable {
            struct Target: Encodable { var context: String }
            var expression: String
            var target: Target
            var awaitPromise = true
            var userActivation = true
        }

        private struct Evaluated: Decodable {
            struct Value: Decodable { var value: String? }
            struct Exception: Decodable { var text: String }
            var result: Value?
            var exceptionDetails: Exception?
        }

        func text(of expression: String) async throws -> String {
            let evaluated: Evaluated = try firefox.call(
                "script.evaluate", Evaluate(expression: expression, target: .init(context: context)))
            if let exception = evaluated.exceptionDetails { throw ScriptFailure(description: exception.text) }
            return evaluated.result?.value ?? ""
        }
    }

    private func call<Result: Decodable>(_ method: String, _ parameters: some Encodable) throws -> Result {
        try connection.withLock { connection in
            connection.lastNumber += 1
            let number = connection.lastNumber
            let command = Command(id: number, method: method, params: parameters)
            try connection.socket.send(String(decoding: try JSONEncoder().encode(command), as: UTF8.self))
            while true {
                let message = try connection.socket.receive()
                // Events have no number; none of them matters here.
                let envelope = try JSONDecoder().decode(Envelope.self, from: message)
                guard envelope.id == number else { continue }
                if let error = envelope.error {
                    throw ScriptFailure(description: "\(method): \(error): \(envelope.message ?? "")")
                }
                return try JSONDecoder().decode(Answer<Result>.self, from: message).result
            }
        }
    }

    private static let preferences = """
        user_pref("media.autoplay.default", 0);
        user_pref("media.autoplay.blocking_policy", 0);
        user_pref("media.peerconnection.ice.obfuscate_host_addresses", false);
        user_pref("media.navigator.permission.disabled", true);
        user_pref("privacy.reduceTimerPrecision", false);
        user_pref("dom.min_background_timeout_value", 4);
        user_pref("browser.shell.checkDefaultBrowser", false);
        user_pref("browser.startup.page", 0);
        user_pref("browser.aboutwelcome.enabled", false);
        user_pref("datareporting.policy.dataSubmissionEnabled", false);
        user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
        user_pref("app.update.enabled", false);
        user_pref("app.normandy.enabled", false);
        user_pref("extensions.update.enabled", false);
        user_pref("network.captive-portal-service.enabled", false);
        user_pref("network.connectivity-service.enabled", false);
        user_pref("services.settings.server", "data:,");
        """
}
