import PipelineTesting
import Testing

@testable import Stages

@Suite("A service thread")
struct ServiceThreadTests {
    @Test("ends when it is told to, whether the one who tells it suspends or blocks")
    func ends() async {
        let suspended = ServiceThread("test")
        suspended.start { service in while !service.isStopping {} }
        await suspended.stop()
        await suspended.stop()
        #expect(suspended.stop(within: .zero))
        let blocked = ServiceThread("test")
        blocked.start { service in while !service.isStopping {} }
        #expect(blocked.stop(within: .seconds(60)))
    }

    @Test("is left behind by who waits with a limit, and waited for by who does not")
    func leftBehind() async {
        let thread = ServiceThread("test")
        let isReleased = Watched(false)
        thread.start { _ in while !isReleased.value {} }
        #expect(!thread.stop(within: .milliseconds(5)))
        async let end: Void = thread.stop()
        isReleased.set(true)
        await end
        #expect(thread.stop(within: .zero))
    }

    @Test("that was never started is stopped at once")
    func neverStarted() async {
        let thread = ServiceThread("test")
        await thread.stop()
        #expect(thread.stop(within: .zero) && thread.isStopping)
    }
}
