import Foundation
import Logging
import MediaCore
import NIOHTTP1
import Testing

@testable import MediaSignaling

/// What the host reads and writes.
struct HostTests {
    private func read(_ arguments: [String] = [], _ environment: [String: String] = [:]) throws -> HostConfiguration {
        guard case .run(let configuration) = try HostConfiguration.read(arguments: arguments, environment: environment)
        else { throw ConfigurationError("help") }
        return configuration
    }

    private func problem(_ arguments: [String] = [], _ environment: [String: String] = [:]) -> String {
        do {
            _ = try HostConfiguration.read(arguments: arguments, environment: environment)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func theDefaultsWork() throws {
        let configuration = try read()
        #expect(configuration.signaling.host == "127.0.0.1")
        #expect(configuration.signaling.port == 8080)
        #expect(configuration.udpPort == 40000)
        #expect(configuration.workers == min(64, Processors.usableCount))
        #expect((1...ProcessInfo.processInfo.processorCount).contains(Processors.usableCount))
        #expect(configuration.consentTimeout == 30 && configuration.coalescing == 1000)
        #expect(configuration.interface == nil && configuration.announcedAddresses.isEmpty)
        #expect(configuration.bindAddress == nil)
        #expect(configuration.signaling.publishing.bitrateLimit == nil)
        #expect(configuration.signaling.publishing.startBitrate == 1_000_000)
        #expect(configuration.watching == BitrateLimits() && configuration.pacingQuantum == 5)
    }

    @Test func optionsAndVariablesAreRead() throws {
        let environment = [
            "SLUICE_HTTP": "[::1]:81", "SLUICE_UDP_PORT": "50000", "SLUICE_ANNOUNCE": "10.0.0.1,2001:db8::1",
            "SLUICE_INTERFACE": "eth0", "SLUICE_WORKERS": "4", "SLUICE_CONSENT_TIMEOUT": "5", "SLUICE_BIND": "10.0.0.9",
            "SLUICE_COALESCING": "0", "SLUICE_PUBLISH_BITRATE_LIMIT": "2500", "SLUICE_PUBLISH_START_BITRATE": "0",
        ]
        let fromEnvironment = try read([], environment)
        #expect(fromEnvironment.signaling.host == "::1" && fromEnvironment.signaling.port == 81)
        #expect(fromEnvironment.udpPort == 50000 && fromEnvironment.workers == 4)
        #expect(fromEnvironment.announcedAddresses == ["10.0.0.1", "2001:db8::1"])
        #expect(fromEnvironment.interface == "eth0" && fromEnvironment.consentTimeout == 5)
        #expect(fromEnvironment.bindAddress == "10.0.0.9" && fromEnvironment.coalescing == 0)
        #expect(fromEnvironment.signaling.publishing.bitrateLimit == 2_500_000)
        #expect(fromEnvironment.signaling.publishing.startBitrate == nil)
        #expect(try read(["--publish-bitrate-limit", "0"], environment).signaling.publishing.bitrateLimit == nil)
        let limits = BitrateLimits(minimum: 50_000, start: 400_000, maximum: 9_000_000)
        let variables = [
            "SLUICE_WATCH_MIN_BITRATE": "50", "SLUICE_WATCH_START_BITRATE": "400", "SLUICE_WATCH_MAX_BITRATE": "9000",
            "SLUICE_PACING_QUANTUM": "40",
        ]
        #expect(try read([], variables).watching == limits && read([], variables).pacingQuantum == 40)
        let arguments = [
            "--watch-min-bitrate", "50", "--watch-start-bitrate=400", "--watch-max-bitrate", "9000",
            "--pacing-quantum", "1",
        ]
        #expect(try read(arguments, variables).watching == limits && read(arguments, variables).pacingQuantum == 1)
        let largest = try read(["--publish-start-bitrate=1000000"], environment)
        #expect(largest.signaling.publishing.startBitrate == 1_000_000_000)
        let both = try read(
            ["--http", "localhost:82", "--announce", "10.0.0.2", "--announce=10.0.0.3", "--workers=2"], environment)
        #expect(both.signaling.host == "127.0.0.1" && both.signaling.port == 82)
        #expect(both.announcedAddresses == ["10.0.0.2", "10.0.0.3"])
        #expect(both.workers == 2 && both.udpPort == 50000)
        #expect(try read(["--bind", "::1"], environment).bindAddress == "::1")
        #expect(try read([], ["SLUICE_WORKERS": ""]).workers == HostConfiguration().workers)
    }

    @Test func processorsAreCountedByTheirMask() {
        for (mask, count) in [("1", 1), ("3", 2), ("ff", 8), ("00000000,ffffff0f", 28), ("7,00000000", 3)] {
            #expect(Processors.allowedCount("Name:\tx\nCpus_allowed:\t\(mask)\nCpus_allowed_list:\t0-3\n") == count)
        }
        for status in ["", "Cpus_allowed_list:\t0-3\n", "Cpus_allowed:\t0\n", "Cpus_allowed:\n"] {
            #expect(Processors.allowedCount(status) == nil)
        }
    }

    @Test func badValuesAreNamed() {
        for (arguments, word) in [
            (["--http", "localhost"], "--http"), (["--http", "127.0.0.1:65536"], "0 to 65535"),
            (["--http", "example.org:80"], "ADDRESS"), (["--http", "::1:80"], "--http"),
            (["--http", "[127.0.0.1]:80"], "--http"),
            (["--udp-port", "65536"], "0 to 65535"), (["--udp-port", "-1"], "--udp-port"),
            (["--udp-port", "+1"], "--udp-port"),
            (["--udp-port"], "--udp-port needs"), (["--announce", "example.org"], "--announce"),
            (["--bind", "eth0"], "an IP address"), (["--bind", "10.0.0.1:40000"], "--bind"),
            (["--interface", ""], "--interface"), (["--interface", "abcdefghijklmnop"], "--interface"),
            (["--workers", "0"], "1 to 64"), (["--workers", "65"], "1 to 64"), (["--workers", "two"], "1 to 64"),
            (["--consent-timeout", "0"], "1 to 600"), (["--consent-timeout", "601"], "1 to 600"),
            (["--coalescing", "5001"], "0 to 5000"), (["--coalescing", "-1"], "--coalescing"),
            (["--publish-bitrate-limit", "29"], "30 to 1000000"), (["--publish-start-bitrate", "1000001"], "or 0"),
            (["--publish-start-bitrate", "-1"], "--publish-start-bitrate"),
            (["--watch-start-bitrate", "0"], "30 to 1000000"), (["--watch-max-bitrate", "2000000"], "30 to 1000000"),
            (["--watch-max-bitrate", "200"], "300 kbit/s is not"), (["--watch-min-bitrate", "301"], "301, to"),
            (["--pacing-quantum", "0"], "1 to 40"), (["--pacing-quantum", "41"], "1 to 40"),
            (["--workers", "2", "--workers", "2"], "given twice"),
            (["--publish-token", "x"], "--publish-token is not an option"),
            (["8080"], "not an option"), (["--udp-port", "65535", "--workers", "2"], "65536"),
            (["--workers", "\u{1B}[31m"], "\\u{1b}"), (["--http", "0.0.0.0:80"], "SLUICE_PUBLISH_TOKEN"),
        ] {
            #expect(problem(arguments).contains(word), "\(arguments): \(problem(arguments))")
            #expect(!problem(arguments).contains("\n"))
        }
        #expect(problem([], ["SLUICE_WORKERS": "0"]).hasPrefix("SLUICE_WORKERS: "))
        #expect(problem(Array(repeating: "--announce=10.0.0.1", count: 17)).contains("16"))
    }

    @Test func helpNamesEverySetting() throws {
        guard
            case .help(let text) = try HostConfiguration.read(
                arguments: ["--workers", "x", "--help"], environment: [:])
        else {
            Issue.record("no help")
            return
        }
        for option in HostOption.all { #expect(text.contains(option.name) && text.contains(option.environment)) }
        for name in HostConfiguration.environmentNames { #expect(text.contains(name)) }
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 110 })
    }

    @Test func tokensComeFromTheEnvironmentOrAFile() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-\(UUID().uuidString)")
        try "file-secret\n".write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let environment = [
            "SLUICE_PUBLISH_TOKEN": "publish-secret", "SLUICE_WATCH_TOKEN_FILE": file.path,
            "SLUICE_ADMIN_TOKEN": "admin-secret",
        ]
        let tokens = try read(["--http", "0.0.0.0:0"], environment).signaling.tokens
        #expect(tokens.judge(["Bearer publish-secret"], for: .publish) == .granted)
        #expect(tokens.judge(["Bearer file-secret"], for: .watch) == .granted)
        #expect(tokens.judge(["Bearer file-secret"], for: .publish) == .insufficient)
        #expect(tokens.judge(["Bearer file-secret\n"], for: .watch) == .missing)
        #expect(!"\(tokens)".contains("secret"))

        for (name, value, word) in [
            ("SLUICE_WATCH_TOKEN", "short", "SLUICE_WATCH_TOKEN: a token is 8 to 512"),
            ("SLUICE_WATCH_TOKEN", "with spaces in it", "8 to 512"),
            ("SLUICE_WATCH_TOKEN_FILE", "/nowhere", "SLUICE_WATCH_TOKEN_FILE: "),
        ] {
            let text = problem([], [name: value])
            #expect(text.contains(word), "\(text)")
            #expect(name.hasSuffix("FILE") || !text.contains(value))
        }
        #expect(problem([], ["SLUICE_ADMIN_TOKEN": "12345678", "SLUICE_ADMIN_TOKEN_FILE": "x"]).contains("both set"))
        #expect(problem(["--http", "0.0.0.0:80"], ["SLUICE_PUBLISH_TOKEN": "12345678"]).contains("SLUICE_WATCH_TOKEN"))
    }

    @Test func logLinesStayLines() {
        let lines = LogLines()
        var logger = Logger(label: "test") { _ in LineLogHandler { lines.append($0) } }
        logger[metadataKey: "worker"] = "1"
        logger.info("evil\r\nfake", metadata: ["name": "a b\u{1B}[2J\u{202E}\"", "empty": ""])
        logger.debug("not written")
        let line = lines.all.first ?? ""
        #expect(lines.all.count == 1)
        #expect(line.hasSuffix(#" info evil\u{d}\u{a}fake empty="" name="a b\u{1b}[2J\u{202e}\"" worker=1"# + "\n"))
        #expect(try! #/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info .*\n$/#.wholeMatch(in: line) != nil)
        #expect(LogText.escaped(String(repeating: "a", count: 1_000_000)).count == 201)
        #expect(WallTime.text("%a, %d %b %Y %H:%M:%S GMT", at: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }

    @Test func sessionIdsAreLongAndExact() throws {
        var seen: Set<String> = []
        for _ in 0..<1000 {
            let id = SessionID()
            #expect(id.text.count == 32 && SessionID(id.text) == id)
            seen.insert(id.text)
        }
        #expect(seen.count == 1000)
        let text = SessionID().text
        for bad in [
            text + "0", String(text.dropLast()), text.dropLast() + "g", text.dropLast() + "A", "+" + text.dropFirst(),
            "",
        ] {
            #expect(SessionID(bad) == nil)
        }
    }

    @Test func thePageRunsNothingButItsOwnScript() {
        let reply = StartPage().reply
        let policy = reply.headers.first(name: "content-security-policy") ?? ""
        #expect(policy.contains("default-src 'none'"))
        #expect(!policy.contains("unsafe"))
        #expect(try! #/script-src 'sha256-[A-Za-z0-9+/]{43}='/#.firstMatch(in: policy) != nil)
        for word in ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", " style=", "onclick=\""] {
            #expect(!reply.body.contains(word), "\(word)")
        }
        #expect(reply.body.components(separatedBy: "<script").count == 2)
        #expect(!reply.body.contains("https://"))
    }
}
