import Pipeline
import Stages

@main
enum Runner {
    static func main() async {}
}
