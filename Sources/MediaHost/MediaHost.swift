import Logging
import MediaCore
import MediaIO
import MediaSignaling

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reads the configuration, starts workers and signalling, waits for a signal, stops them.
@main
enum MediaHost {
    static func main() async {
        let configuration: HostConfiguration
        do throws(ConfigurationError) {
            switch try HostConfiguration.read(
                arguments: Array(CommandLine.arguments.dropFirst()), environment: environment())
            {
            case .help(let text):
                print(text, terminator: "")
                return
            case .run(let read): configuration = read
            }
        } catch {
            fail("\(error)", status: EX_USAGE)
        }
        let logger = Logger(label: "sluice") { _ in LineLogHandler.standardError() }
        let stop = StopSignal()
        raiseDescriptorLimit()
        await run(configuration, stop: stop, logger: logger)
    }

    private static func run(_ configuration: HostConfiguration, stop: StopSignal, logger: Logger) async {
        var workers: [MediaWorker] = []
        let server: SignalingServer
        do {
            for index in 0..<configuration.workers {
                workers.append(try MediaWorker(configuration: worker(index, configuration)))
            }
            server = try await SignalingServer(
                configuration: configuration.signaling, backends: workers, logger: logger)
        } catch {
            fail("\(error)", status: EXIT_FAILURE)
        }
        logger.info("started", metadata: ["workers": "\(workers.count)", "udp": "\(ports(of: workers))"])
        print("Sluice is ready: \(server.url)")
        fflush(nil)

        await stop.wait(thenExitAfter: .seconds(8))
        logger.info("stopping")
        await server.drain()
        // Whoever was about to ask for a session gets an answer instead of a reset.
        try? await Task.sleep(for: .milliseconds(300))
        for worker in workers { await worker.shutdown() }
        await server.stop()
        logger.info("stopped")
    }

    private static func worker(_ index: Int, _ configuration: HostConfiguration) -> MediaWorker.Configuration {
        var worker = MediaWorker.Configuration()
        worker.udpPort = configuration.udpPort == 0 ? 0 : configuration.udpPort + UInt16(index)
        worker.bindAddress = configuration.bindAddress
        worker.interface = configuration.interface
        worker.announcedAddresses = configuration.announcedAddresses
        worker.coalescing = .microseconds(Int64(configuration.coalescing))
        worker.engine.bitrateLimits = configuration.watching
        worker.engine.pacingQuantum = .milliseconds(Int64(configuration.pacingQuantum))
        worker.engine.consentTimeout = .seconds(Int64(configuration.consentTimeout))
        return worker
    }

    private static func ports(of workers: [MediaWorker]) -> String {
        workers.map { "\($0.udpPort)" }.joined(separator: ",")
    }

    private static func environment() -> [String: String] {
        var result: [String: String] = [:]
        for option in HostConfiguration.environmentNames {
            if let value = getenv(option) { result[option] = String(cString: value) }
        }
        return result
    }

    private static func fail(_ text: String, status: Int32) -> Never {
        LineLogHandler.writeToStandardError("MediaHost: \(text)\n")
        exit(status)
    }

    /// A thousand connections and the workers' sockets don't fit into the customary 1,024 descriptors.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65536)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
