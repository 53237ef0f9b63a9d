"""Facts for conversations that need no tool; every list is written for this project."""

from tasks.domain.writing.values.words import pieces

OPPOSITES = tuple(
    tuple(pair.split(":"))
    for pair in pieces(
        "hot:cold|big:small|early:late|fast:slow|happy:sad|open:closed|full:empty|light:dark|"
        "high:low|old:new|loud:quiet|strong:weak|rich:poor|wet:dry|clean:dirty|heavy:light|"
        "hard:soft|thick:thin|wide:narrow|deep:shallow|near:far|first:last|always:never|"
        "buy:sell|push:pull|win:lose|begin:end|arrive:leave|remember:forget|accept:refuse|"
        "increase:decrease|inside:outside|above:below|left:right|true:false|safe:dangerous|"
        "sharp:blunt|smooth:rough|sweet:bitter|brave:afraid|polite:rude|simple:complex|"
        "public:private|sunrise:sunset|question:answer|success:failure|summer:winter|north:south|"
        "morning:evening|war:peace|love:hate|guest:host|teacher:student|profit:loss",
        "|",
    )
)
DEFINITIONS = {
    "time": "the ongoing sequence of moments in which things happen",
    "timezone": "a region whose clocks all show the same time",
    "zone": "an area that is set apart from others by some rule or property",
    "clock": "a device that shows the time",
    "file": "a named collection of data that is stored on a computer",
    "directory": "a place on a disk that holds files and other directories",
    "folder": "another word for a directory, a place that holds files",
    "path": "the text that says where a file is",
    "pattern": "a description that matches many similar things",
    "branch": "a separate line of work in a version control system, or a part of a tree",
    "commit": "a recorded set of changes in a version control system",
    "repository": "a place where a project and its history are kept",
    "diff": "a list of the differences between two versions",
    "status": "the state that something is in at a given moment",
    "log": "a list of events in the order in which they happened",
    "revision": "one version of something that changes over time",
    "table": "data arranged in rows and columns, or a piece of furniture",
    "database": "an organised collection of data that a computer can search",
    "query": "a question that is put to a database or a search engine",
    "schema": "a description of how data is arranged",
    "entity": "a thing that exists by itself",
    "relation": "a connection between two things",
    "observation": "something that was noticed or recorded",
    "node": "a point in a network or a graph",
    "graph": "a set of points that are joined by lines, or a chart",
    "message": "a piece of information that one person sends to another",
    "image": "a picture, drawn, printed or on a screen",
    "resource": "something that is useful and can be drawn on",
    "URL": "the address of a page on the web",
    "page": "one side of a sheet of paper, or one document on the web",
    "link": "a connection from one page to another",
    "environment": "the surroundings in which something works",
    "sum": "what you get when you add numbers",
    "insight": "a clear understanding of something that was not obvious",
    "thought": "an idea or opinion that someone has",
    "thinking": "the use of the mind to form ideas",
    "content": "what something holds",
    "weather": "the state of the air outside, such as rain or sun",
    "forecast": "a statement of what is expected to happen",
    "order": "a request to buy something, or the way things follow one another",
    "user": "a person who uses something",
    "account": "a record of someone's money or their access to a service",
    "email": "a letter that is sent over a computer network",
    "calendar": "a list of the days of a year",
    "event": "something that happens, often planned",
    "meeting": "a time when people come together to talk",
    "task": "a piece of work that has to be done",
    "note": "a short text that helps to remember something",
    "document": "a text that is kept as a record",
    "ticket": "a paper or record that lets you travel, enter or ask for help",
    "issue": "a problem that needs attention",
    "customer": "a person who buys something",
    "product": "something that is made to be sold",
    "invoice": "a list of what was bought and what must be paid",
    "project": "a planned piece of work with a goal",
    "report": "a text that says what happened or what was found",
    "operation": "a planned action, or one step of a calculation",
    "logging": "the recording of events as they happen",
    "tree": "a tall plant, or data in which each part has one parent",
    "city": "a large town",
    "currency": "the money of a country",
    "song": "a short piece of music with words",
    "glacier": "a slow river of ice",
    "harbor": "a place where ships are safe",
    "compass": "a tool whose needle points north",
    "museum": "a building where valuable things are shown",
    "lantern": "a lamp that can be carried",
    "canyon": "a deep valley with steep sides",
    "recipe": "instructions for cooking a dish",
    "orchard": "a piece of land where fruit trees grow",
    "volcano": "a mountain that can throw out hot rock",
    "poem": "a text in verse",
    "bakery": "a shop where bread is made",
    "island": "land with water all around it",
    "novel": "a long story in the form of a book",
    "library": "a place where books are kept and lent",
    "bridge": "a structure that carries a road over something",
}
TRAIN_FACTS = tuple(
    tuple(pair.split("|"))
    for pair in (
        "Who built the first pendulum clock?|Christiaan Huygens built it in 1656.",
        "What does GMT stand for?|GMT stands for Greenwich Mean Time.",
        "Why do time zones exist?|Because the Earth turns, so noon comes at different moments "
        "in different places.",
        "How many seconds are in an hour?|There are 3600 seconds in an hour.",
        "How many hours are in a week?|There are 168 hours in a week.",
        "What is a leap year?|A leap year has 366 days, with one more day in February.",
        "What does SQL stand for?|SQL stands for Structured Query Language.",
        "What does URL stand for?|URL stands for Uniform Resource Locator.",
        "What does HTML stand for?|HTML stands for HyperText Markup Language.",
        "Who wrote the first web browser?|Tim Berners-Lee wrote it in 1990.",
        "What is version control?|Version control keeps track of the changes made to files "
        "over time.",
        "Is a branch in Git a copy of all files?|No, a branch is only a pointer to a commit.",
        "What is the difference between a file and a folder?|A file holds data; a folder holds "
        "files.",
        "What is a primary key in a database?|It is the column whose value identifies each row.",
        "Who invented the World Wide Web?|Tim Berners-Lee invented the World Wide Web in 1989.",
        "What is a knowledge graph?|It stores things and the relations between them.",
        "How many legs does a spider have?|A spider has eight legs.",
        "Which planet is closest to the sun?|Mercury is the planet closest to the sun.",
        "What gas do plants take in?|Plants take in carbon dioxide.",
        "Who wrote Hamlet?|William Shakespeare wrote Hamlet.",
        "Who painted the Mona Lisa?|Leonardo da Vinci painted the Mona Lisa.",
        "At what temperature does water boil?|At sea level water boils at 100 degrees Celsius.",
        "What is the largest ocean?|The Pacific is the largest ocean.",
        "How many sides does a hexagon have?|A hexagon has six sides.",
        "What is the chemical symbol for gold?|The symbol for gold is Au.",
        "What do bees make?|Bees make honey.",
        "How many strings does a violin have?|A violin has four strings.",
        "Which animal is the largest on Earth?|The blue whale is the largest animal on Earth.",
        "What is the tallest mountain on Earth?|Mount Everest is the tallest mountain above "
        "sea level.",
        "What causes tides?|The gravity of the moon and the sun causes tides.",
        "How many players does a football team have on the field?|A football team has eleven "
        "players on the field.",
        "What does a thermometer measure?|A thermometer measures temperature.",
        "What is the freezing point of water?|Water freezes at 0 degrees Celsius.",
        "Which metal is liquid at room temperature?|Mercury is liquid at room temperature.",
        "How many hours are in a week?|There are 168 hours in a week.",
        "What does CSV stand for?|CSV stands for comma-separated values.",
        "What does JSON stand for?|JSON stands for JavaScript Object Notation.",
        "What does API stand for?|API stands for application programming interface.",
        "What does a compiler do?|A compiler turns source code into machine code.",
    )
)
HELDOUT_FACTS = tuple(
    tuple(pair.split("|"))
    for pair in (
        "Who built the first pendulum clock?|Christiaan Huygens built the first pendulum clock "
        "in 1656.",
        "Why does daylight saving time exist?|It was introduced to make better use of daylight "
        "in summer.",
        "What does IANA stand for?|IANA stands for Internet Assigned Numbers Authority.",
        "How many time zones does China use?|China uses a single time zone.",
        "What is a sundial?|A sundial shows the time by the shadow that the sun casts.",
        "What does HTTP stand for?|HTTP stands for Hypertext Transfer Protocol.",
        "What does PDF stand for?|PDF stands for Portable Document Format.",
        "Is Git the same as GitHub?|No, Git is a program and GitHub is a website that hosts "
        "repositories.",
        "What is a merge conflict?|It happens when two changes touch the same lines.",
        "Why are files compressed?|To save space and to send them faster.",
        "What is a foreign key?|It is a column that refers to a row of another table.",
        "Who came up with relational databases?|Edgar Codd described relational databases in 1970.",
        "What is a web browser?|It is a program that shows pages of the web.",
        "How many bones does an adult human have?|An adult human has 206 bones.",
        "What is the smallest prime number?|The smallest prime number is 2.",
        "Which planet has the famous rings?|Saturn has the famous rings.",
        "Who wrote Don Quixote?|Miguel de Cervantes wrote Don Quixote.",
        "What do you call a baby goat?|A baby goat is called a kid.",
        "How many keys does a piano have?|A piano usually has 88 keys.",
        "What is the longest bone in the body?|The thigh bone is the longest bone in the body.",
        "Which organ pumps blood?|The heart pumps blood.",
        "What is the hardest natural material?|Diamond is the hardest natural material.",
        "How many continents are there?|There are seven continents.",
        "What is the main ingredient of bread?|The main ingredient of bread is flour.",
    )
)
PRAISE = pieces(
    "great,perfect,nice,lovely,wonderful,excellent,brilliant,good work,well done,super,awesome,"
    "that was quick,very helpful,exactly right,much better,good to know,sounds good,fair enough",
    ",",
)
THANKS = pieces(
    "thanks,thank you,thanks a lot,many thanks,thank you so much,thanks for that,thanks again,"
    "I appreciate it,much appreciated",
    ",",
)
REASONS = pieces(
    "that is all for today,I have what I need,I will take it from here,that was the last question,"
    "you saved me some work,I can finish my report now,my team will be happy,see you later,"
    "I will write to you tomorrow,that clears it up,I'm going for lunch now",
    ",",
)
MOODS = pieces(
    "tired,excited,bored,hungry,nervous,curious,relieved,proud,sleepy,cheerful,busy,a bit lost", ","
)
CAUSES = pieces(
    "because of the rain,after a long week,before my exam,after the concert,because my train "
    "is late,since the holidays are over,after cooking all day,before my first day at work,"
    "because my team won,after moving house,because it is Friday,after a long walk",
    ",",
)
LIKES = pieces(
    "pizza,jazz,chess,winter,cats,dogs,poetry,rain,coffee,tea,football,opera,hiking,science "
    "fiction,old films,big cities,small towns,spicy food,board games,painting,trains,gardening,"
    "swimming,karaoke,museums,camping",
    ",",
)
CONTINENTS = {
    "Europe": "France Germany Spain Italy Portugal Austria Hungary Poland Greece Norway Sweden "
    "Denmark Finland Ireland Belgium Iceland Croatia Serbia Bulgaria Romania Estonia Latvia",
    "Asia": "Japan China Thailand Vietnam India Nepal Mongolia Iran Iraq Jordan Lebanon Malaysia",
    "Africa": "Egypt Morocco Tunisia Algeria Kenya Ethiopia Ghana Nigeria Senegal Uganda Zambia",
    "South America": "Colombia Venezuela Ecuador Peru Chile Argentina Uruguay Paraguay Brazil",
}
MONTHS = pieces(
    "January February March April May June July August September October November December"
)
PAST_FORMS = tuple(
    tuple(pair.split(":"))
    for pair in pieces(
        "go:went|see:saw|eat:ate|write:wrote|run:ran|take:took|give:gave|come:came|know:knew|"
        "think:thought|bring:brought|buy:bought|catch:caught|teach:taught|find:found|keep:kept|"
        "leave:left|lose:lost|make:made|meet:met|pay:paid|say:said|sell:sold|send:sent|sing:sang|"
        "sit:sat|sleep:slept|speak:spoke|stand:stood|swim:swam|tell:told|win:won|build:built|"
        "choose:chose|draw:drew|drive:drove|fly:flew|grow:grew|hear:heard|hold:held",
        "|",
    )
)
